"""Fetch: write the data of the source in params.yaml to data/raw.

The files depend only on the data and the settings, not on the place that served them.
"""

from pathlib import Path
from typing import Annotated

from typer import Option

from stages.formats.conform import conform
from stages.formats.raw import write_raw
from stages.formats.source import open_source, refuse_url
from stages.formats.tabular.source import fetch_table
from stages.shared.command import run
from stages.shared.params import load_params


def fetch(
    params: Annotated[Path, Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    raw: Annotated[
        Path, Option(metavar="FOLDER", help="Output: IDX files, or a table, and dataset.json.")
    ] = Path("data/raw"),
    section: Annotated[
        str, Option(metavar="NAME", help="Section of the parameters to use.", show_default=False)
    ] = "",
) -> None:
    """Write the checked data of the source in params.yaml to a folder: IDX files, or a table.

    The environment variable NNCORE_MIRROR names a folder or base URL that fetch tries first, for
    <dataset>/<file> with or without .gz.
    """
    settings = load_params(params, section)
    raw.mkdir(parents=True, exist_ok=True)
    if settings.fetch.dataset == "table":
        refuse_url(settings.fetch.path)
        fetch_table(raw, settings.fetch, settings.model.output)
        return
    with open_source(settings.fetch, settings.preprocess, raw) as dataset:
        if dataset.summary:
            print(dataset.summary)
        write_raw(raw, conform(dataset, settings.preprocess))


if __name__ == "__main__":
    run(fetch)
