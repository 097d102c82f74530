"""Downloads: a file, decompressed and checked, from the first source that serves it."""

import hashlib
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import requests
from tqdm import tqdm
from urllib3.exceptions import HTTPError as TransportError

from nncore.data.idx import GZIP_MAGIC, IMAGE_DIMENSIONS, LABEL_DIMENSIONS, contents
from nncore.errors import IdxError
from stages.formats.dataset import FetchError
from stages.formats.download_plan import DownloadPlan, is_url
from stages.shared.data_params import DataFile
from stages.shared.datasets import FILES
from stages.shared.digests import file_digest

# Pauses before the second and the third attempt at a URL.
RETRY_PAUSES_SECONDS: Final = (1.0, 4.0)
# Limits for establishing a connection, and for its next bytes.
TIMEOUTS_SECONDS: Final = (10.0, 30.0)
CHUNK_BYTES: Final = 1 << 16
# The content of a file must come to so many bytes for each second after the first minute.
MIN_BYTES_PER_SECOND: Final = 10_000
SLOW_START_SECONDS: Final = 60.0
MAX_REDIRECTS: Final = 5
# For a file of unknown size.
MAX_DOWNLOAD_BYTES: Final = 1 << 32


class _Session(requests.Session):
    """A session that follows no redirection: requests would read the whole content of each."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target."""


def fetch_file(key: DataFile, plan: DownloadPlan, path: Path) -> None:
    """Write the decompressed file to `path` from the first source that serves it.

    Raises
    ------
    FetchError
        No source serves it; a line on standard error gives the reason for each source.
    """
    name, sources = FILES[key], plan.sources[key]
    for source in sources:
        try:
            _fetch_from(source, key, plan, path)
        except (FetchError, IdxError, requests.RequestException, TransportError) as error:
            # The address of a mirror may contain a password.
            address = re.sub(r"(?<=://)[^/]*@", "", source)
            print(f"fetch: {address}: {_fault(error)}", file=sys.stderr)
        else:
            print(f"{name:<24}{path.stat().st_size:>14,} bytes")
            return
    raise FetchError(f"{name}: expected a source that serves it, got none; {plan.advice}")


def _fetch_from(source: str, key: DataFile, plan: DownloadPlan, path: Path) -> None:
    if not is_url(source):
        _decompress(Path(source), key, plan, path)
        return
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=path.parent) as folder:
        download = Path(folder, "download")
        # gzip adds a few bytes to what it can't compress.
        size = plan.sizes.get(key)
        _download(source, download, size + CHUNK_BYTES if size else MAX_DOWNLOAD_BYTES)
        _decompress(download, key, plan, path)


def _decompress(source: Path, key: DataFile, plan: DownloadPlan, path: Path) -> None:
    """Write the decompressed content of the IDX file `source` to `path`, and compare its digest."""
    digest = hashlib.sha256()
    with path.open("wb") as file:
        dimensions = IMAGE_DIMENSIONS if key.endswith("images") else LABEL_DIMENSIONS
        for chunk in contents(source, dimensions):
            digest.update(chunk)
            file.write(chunk)
    sha256 = plan.sha256.get(key)
    if sha256 is not None and digest.hexdigest() != sha256:
        raise FetchError(f"expected content of SHA-256 {sha256}, got {digest.hexdigest()}")
    if (gzip_sha256 := plan.gzip_sha256.get(key)) is not None:
        _check_gzip(source, gzip_sha256, FILES[key])


def _check_gzip(source: Path, sha256: str, name: str) -> None:
    """Compare the digest of a gzipped file; nothing is known of one that is not gzipped."""
    with source.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    if not is_gzip:
        print(f"{name}: not checked, because only the digest of the gzipped file is known")
    elif (got := file_digest(source)) != sha256:
        raise FetchError(f"expected a gzipped file of SHA-256 {sha256}, got {got}")


def _download(url: str, path: Path, max_bytes: int) -> None:
    """Download `url` to `path`, with new attempts after transient faults."""
    for pause in (*RETRY_PAUSES_SECONDS, None):
        try:
            _download_once(url, path, max_bytes)
        except (requests.RequestException, TransportError) as error:
            if pause is None or not _is_transient(error):
                raise
            time.sleep(pause)
        else:
            return


def _download_once(url: str, path: Path, max_bytes: int) -> None:
    """Download `url` to `path`; a server that sends too much or too slowly is left."""
    started = time.monotonic()
    with (
        _get(url) as response,
        path.open("wb") as file,
        tqdm(unit="B", unit_scale=True, leave=False, disable=None) as bar,
    ):
        response.raise_for_status()
        length = response.headers.get("Content-Length", "")
        bar.reset(int(length) if length.isdecimal() and len(length) < 20 else None)
        # What has arrived, however little: a full chunk may be hours away.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            bar.update(file.write(chunk))
            size, seconds = file.tell(), time.monotonic() - started
            if size > max_bytes:
                raise FetchError(f"expected at most {max_bytes:,} bytes, got more")
            if size < MIN_BYTES_PER_SECOND * (seconds - SLOW_START_SECONDS):
                raise FetchError(f"expected the file, got {size:,} bytes in {seconds:.0f} seconds")


def _get(url: str) -> requests.Response:
    """Return the response to a request; its content is not read, nor that of a redirection."""
    # A gzipped file must arrive as it is, and no other file gzipped.
    headers = {"Accept-Encoding": "identity"}
    for _ in range(MAX_REDIRECTS + 1):
        with _Session() as session:
            response = session.get(url, headers=headers, stream=True, timeout=TIMEOUTS_SECONDS)
        if not response.is_redirect:
            return response
        url = urljoin(url, response.headers["Location"])
        response.close()
    raise FetchError(f"expected at most {MAX_REDIRECTS} redirections, got more")


def _is_transient(error: requests.RequestException | TransportError) -> bool:
    if isinstance(error, requests.HTTPError):
        return _status(error) == 429 or _status(error) >= 500
    return isinstance(error, requests.ConnectionError | requests.Timeout | TransportError)


def _status(error: requests.HTTPError) -> int:
    return 0 if error.response is None else error.response.status_code


def _fault(error: Exception) -> str:
    """Return the fault of a source in a few words."""
    match error:
        case IdxError():
            return error.fault
        case requests.HTTPError():
            return f"expected the file, got HTTP status {_status(error)}"
        case requests.RequestException() | TransportError():
            return f"expected the file, got {type(error).__name__}"
        case _:
            return str(error)
