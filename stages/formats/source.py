"""The choice of the reader for a source."""

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from stages.formats.csv_images import read_csv_images
from stages.formats.dataset import FetchError, RawDataset
from stages.formats.download_plan import is_url
from stages.formats.folder import read_folder
from stages.formats.idx import read_idx
from stages.formats.npz import read_npz
from stages.shared.data_params import FetchSettings, PreprocessSettings


def open_source(
    settings: FetchSettings, images: PreprocessSettings, folder: Path
) -> AbstractContextManager[RawDataset]:
    """Return the open source that `settings` name.

    Parameters
    ----------
    images : the size and colour to which a reader of pictures converts them
    folder : a folder for temporary files
    """
    refuse_url(settings.path)
    match settings.dataset:
        case "folder":
            return read_folder(settings, images)
        case "npz":
            return nullcontext(read_npz(settings))
        case "csv":
            return nullcontext(read_csv_images(settings, images))
        case _:
            return read_idx(settings, os.environ.get("NNCORE_MIRROR", ""), folder)


def refuse_url(path: str) -> None:
    """Raise `FetchError` if `fetch.path` is a URL."""
    if is_url(path):
        raise FetchError(
            "fetch.path: expected a file or folder, got a URL; "
            f"dvc import-url {path} data/ downloads the file once and tracks it"
        )
