"""Fetch: put the data set of params.yaml into data/raw, decompressed and checked.

What is written depends on the data set alone, not on the source that served it.
"""

import hashlib
import os
import re
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Final

import pooch  # type: ignore[import-untyped]
import requests
from requests.exceptions import ChunkedEncodingError
from typer import Option

from nncore.errors import NncoreError
from nncore.idx import IdxError, contents, read_images, read_labels
from nncore.preprocessing import check_agreement
from stages.command import run
from stages.datasets import CLASSES, FILES, Wanted, is_url, wanted
from stages.files import replacing, write_json
from stages.params import DataFile, load_params

# Seconds to wait before the second and the third try of a URL.
PAUSES: Final = (1.0, 4.0)
# Seconds to wait for a connection, and for its next bytes.
TIMEOUT: Final = (10.0, 30.0)
# Bytes between two steps of the progress bar.
CHUNK: Final = 1 << 16


class FetchError(NncoreError):
    """A file of the data set can't be had, or not from this source."""


def fetch(
    params: Annotated[Path, Option(help="Parameters.")] = Path("params.yaml"),
    samples: Annotated[Path, Option(help="Embedded data sets.")] = Path("data/samples"),
    raw: Annotated[Path, Option(help="Output: IDX files and class names.")] = Path("data/raw"),
    section: Annotated[
        str, Option(help="Section of the parameters to use.", show_default=False)
    ] = "",
) -> None:
    """Put the data set of params.yaml into a folder, decompressed and checked.

    NNCORE_MIRROR in the environment names a folder or a base URL to be searched first, for
    <dataset>/<file> with or without .gz.
    """
    mirror = os.environ.get("NNCORE_MIRROR", "")
    data_set = wanted(load_params(params, section).fetch, samples, mirror)
    with ExitStack() as stack:
        # No file takes its place before all four are right.
        files = {key: stack.enter_context(replacing(raw / name)) for key, name in FILES.items()}
        for key, path in files.items():
            _obtain(key, data_set, path)
        train = read_images(files["train_images"]), read_labels(files["train_labels"])
        test = read_images(files["test_images"]), read_labels(files["test_labels"])
        class_names = data_set.class_names
        if class_names is None:
            class_names = tuple(map(str, range(int(train[1].max()) + 1)))
        check_agreement(train, test, len(class_names))
        write_json(raw / CLASSES, {"class_names": class_names})


def _obtain(key: DataFile, data_set: Wanted, path: Path) -> None:
    """Write the decompressed file to `path` from the first source that serves it.

    Raises
    ------
    FetchError
        None does; why not has been printed for each.
    """
    name, sources = FILES[key], data_set.sources[key]
    for source in sources:
        try:
            _obtain_from(source, key, data_set.sha256.get(key), path)
        except (FetchError, IdxError, requests.RequestException) as error:
            # A mirror's address may hold a password.
            shown = re.sub(r"(?<=://)[^/]*@", "", source)
            print(f"fetch: {shown}: {_fault(error)}", file=sys.stderr)
        else:
            print(f"{name:<24}{path.stat().st_size:>14,} bytes")
            return
    raise FetchError(f"{name}: expected a source that serves it, got none; {data_set.advice}")


def _obtain_from(source: str, key: DataFile, sha256: str | None, path: Path) -> None:
    if not is_url(source):
        _unpack(Path(source), key, sha256, path)
        return
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=path.parent) as folder:
        download = Path(folder, "download")
        _download(source, download)
        _unpack(download, key, sha256, path)


def _unpack(source: Path, key: DataFile, sha256: str | None, path: Path) -> None:
    """Write the content of the IDX file `source` to `path`, decompressed."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for piece in contents(source, 3 if key.endswith("images") else 1):
            digest.update(piece)
            file.write(piece)
    if sha256 is not None and digest.hexdigest() != sha256:
        raise FetchError(f"expected content of SHA-256 {sha256}, got {digest.hexdigest()}")


def _download(url: str, path: Path) -> None:
    """Write what `url` serves to `path`; try again after a fault that may pass."""
    download = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), chunk_size=CHUNK, timeout=TIMEOUT
    )
    for pause in (*PAUSES, None):
        try:
            download(url, str(path), None)
        except requests.RequestException as error:
            if pause is None or not _may_pass(error):
                raise
            time.sleep(pause)
        else:
            return


def _may_pass(error: requests.RequestException) -> bool:
    if isinstance(error, requests.HTTPError):
        return _status(error) == 429 or _status(error) >= 500
    return isinstance(error, requests.ConnectionError | requests.Timeout | ChunkedEncodingError)


def _status(error: requests.HTTPError) -> int:
    return 0 if error.response is None else error.response.status_code


def _fault(error: Exception) -> str:
    """Return in a few words what is wrong with a source."""
    match error:
        case IdxError():
            return error.fault
        case requests.HTTPError():
            return f"expected the file, got HTTP status {_status(error)}"
        case requests.RequestException():
            return f"expected the file, got {type(error).__name__}"
        case _:
            return str(error)


if __name__ == "__main__":
    run(fetch)
