"""What each Python process of the second run does first: it lists folders in reverse order.

`glob`, `os.walk`, `pathlib` and `shutil` list folders with `os.listdir` and `os.scandir`. Only the
commands of stages get the reverse order: DVC writes the stages of several folders into `dvc.lock`
in the order in which it finds them.
"""

import importlib.util
import os
import select
import sys
import time
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import Any, Self

_listdir, _scandir = os.listdir, os.scandir


class _Entries:
    """What `os.scandir` returns: an iterator and a context manager, which can be closed."""

    def __init__(self, entries: list[os.DirEntry[Any]]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[os.DirEntry[Any]]:
        return self

    def __next__(self) -> os.DirEntry[Any]:
        return next(self._entries)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the iteration; the folder itself is closed already."""
        self._entries = iter(())


def listdir(path: Any = ".") -> list[Any]:  # noqa: ANN401  a path, bytes or a descriptor
    """Return the names in a folder in the reverse of their order."""
    return _listdir(path)[::-1]


def scandir(path: Any = ".") -> _Entries:  # noqa: ANN401  likewise
    """Return the entries of a folder in the reverse of their order."""
    with _scandir(path) as entries:
        return _Entries(list(entries)[::-1])


def sleep(seconds: float) -> None:
    """Wait, as `time.sleep` did before Python 3.11.

    Since then it waits until a moment of the monotonic clock, which libfaketime 0.9.10, that of
    Debian 12, mistakes for one of the shifted clock: https://github.com/wolfcw/libfaketime/issues/426
    """
    select.select((), (), (), seconds)


def reverse_listings() -> None:
    """Replace both functions of `os`."""
    # `shutil.rmtree` looks up there what takes a descriptor. On Windows neither does.
    pairs = ((_listdir, listdir), (_scandir, scandir))
    os.supports_fd |= {new for old, new in pairs if old in os.supports_fd}
    os.listdir, os.scandir = listdir, scandir  # type: ignore[assignment]


def run_hidden_module() -> None:
    """Run the `sitecustomize.py` of the environment, which this one hides."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  pathlib is not loaded
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path != here])
    if spec and spec.loader:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    # DVC sets it for the commands of stages.
    if "DVC_ROOT" in os.environ:
        reverse_listings()
    if "FAKETIME" in os.environ:
        time.sleep = sleep  # type: ignore[assignment]
    run_hidden_module()
