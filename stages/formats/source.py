"""The choice of the reader for a source."""

import os
from contextlib import AbstractContextManager
from pathlib import Path

from stages.formats.dataset import FetchError, RawDataset
from stages.formats.folder import read_folder
from stages.formats.idx import read_idx
from stages.shared.params import FetchSettings, PreprocessSettings


def open_source(
    settings: FetchSettings, images: PreprocessSettings, folder: Path
) -> AbstractContextManager[RawDataset]:
    """Return the open source that `settings` name.

    Parameters
    ----------
    images : the size and colour to which a reader of pictures converts them
    folder : a folder for temporary files
    """
    match settings.dataset:
        case "folder":
            return read_folder(settings, images)
        case "npz" | "csv":
            raise FetchError(f"fetch.dataset: {settings.dataset} has no reader yet")
        case _:
            return read_idx(settings, os.environ.get("NNCORE_MIRROR", ""), folder)
