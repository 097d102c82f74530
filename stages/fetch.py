"""Fetch: write the images and labels of the source in params.yaml to data/raw.

The files depend only on the data and the settings, not on the place that served them.
"""

from pathlib import Path
from typing import Annotated

from typer import Option

from stages.formats.conform import conform
from stages.formats.raw import write_raw
from stages.formats.source import open_source
from stages.shared.command import run
from stages.shared.params import load_params


def fetch(
    params: Annotated[Path, Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    raw: Annotated[
        Path, Option(metavar="FOLDER", help="Output: IDX files and dataset.json.")
    ] = Path("data/raw"),
    section: Annotated[
        str, Option(metavar="NAME", help="Section of the parameters to use.", show_default=False)
    ] = "",
) -> None:
    """Write the checked images and labels of the source in params.yaml to a folder, as IDX files.

    The environment variable NNCORE_MIRROR names a folder or base URL that fetch tries first, for
    <dataset>/<file> with or without .gz.
    """
    settings = load_params(params, section)
    raw.mkdir(parents=True, exist_ok=True)
    with open_source(settings.fetch, settings.preprocess, raw) as dataset:
        if dataset.summary:
            print(dataset.summary)
        write_raw(raw, conform(dataset, settings.preprocess))


if __name__ == "__main__":
    run(fetch)
