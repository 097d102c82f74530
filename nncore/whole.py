"""A file that appears whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a temporary name beside `path`, which takes its place on success.

    The data reach the disk before the name changes, so that a power cut leaves the old file or
    the new one.

    Raises
    ------
    OSError
        The folder does not exist or can't be written; it names `path`.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)
