"""Fetch: write the images and labels of the source in params.yaml to data/raw.

The files depend only on the data and the settings, not on the place that served them.
"""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

from typer import Option

from stages.formats.conform import conform
from stages.formats.dataset import FetchError, RawDataset
from stages.formats.download_plan import is_url
from stages.formats.folder import read_folder
from stages.formats.idx import read_idx
from stages.formats.npz import read_npz
from stages.formats.raw import write_raw
from stages.formats.table import read_table
from stages.shared.command import run
from stages.shared.params import Params, load_params


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
    with _open(settings, raw) as dataset:
        write_raw(raw, conform(dataset, settings.preprocess))


def _open(settings: Params, folder: Path) -> AbstractContextManager[RawDataset]:
    """Return the reader of the source; it may put temporary files into `folder`."""
    path = settings.fetch.path
    if is_url(path):
        raise FetchError(
            "fetch.path: expected a file or folder, which DVC can track, got a URL; "
            f"dvc import-url {path} data/ downloads the file and tracks it"
        )
    match settings.fetch.dataset:
        case "folder":
            return read_folder(settings.fetch, settings.preprocess)
        case "npz":
            return nullcontext(read_npz(settings.fetch))
        case "csv":
            return nullcontext(read_table(settings.fetch, settings.preprocess))
        case _:
            return read_idx(settings.fetch, os.environ.get("NNCORE_MIRROR", ""), folder)


if __name__ == "__main__":
    run(fetch)
