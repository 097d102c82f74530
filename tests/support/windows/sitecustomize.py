"""Rules of Windows, for the processes whose PYTHONPATH has this folder.

Modules of nncore and stages see `os`, `sys` and the other modules as they are on Windows, by
typeshed, mypy's description of the standard library. Libraries see this system: what they do on
Windows is their authors' affair. Files obey Windows's rules whoever writes them. It needs Linux,
whose /proc lists the files that are open or mapped.
"""

import ast
import builtins
import errno
import fcntl
import importlib.util
import io
import os
import sys
from functools import cache, wraps
from pathlib import Path
from types import ModuleType, SimpleNamespace

PROJECT = {"nncore", "stages"}
REPLACED = {("os", "name"): "nt", ("sys", "platform"): "win32"}
TYPESHED = Path(importlib.util.find_spec("mypy").submodule_search_locations[0], "typeshed/stdlib")


@cache
def names_on_windows(module):
    """Return the names that a module of the standard library has on Windows; None for all."""
    path = TYPESHED.joinpath(*module.split("."))
    stub = path / "__init__.pyi" if path.is_dir() else path.with_suffix(".pyi")
    text = stub.read_text(encoding="utf-8") if stub.exists() else ""
    # A stub that gathers those of a package is not followed.
    if "sys.platform" not in text or "import *" in text:
        return None
    return set(names_in(ast.parse(text).body))


def names_in(statements):
    windows = SimpleNamespace(platform="win32", version_info=sys.version_info)
    for node in statements:
        if isinstance(node, ast.If):
            holds = eval(ast.unparse(node.test), {"sys": windows})  # noqa: S307  typeshed's
            yield from names_in(node.body if holds else node.orelse)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname for alias in node.names if alias.asname)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id


class OnWindows(ModuleType):
    """A module without what Windows lacks."""

    def __init__(self, module, names):
        super().__init__(module.__name__)
        self.__dict__.update({"_module": module, "_names": names})

    def __getattr__(self, name):
        if (value := REPLACED.get((self.__name__, name))) is not None:
            return value
        value = getattr(self._module, name)
        # typeshed lacks submodules, what a module has imported, and a few names with underscores.
        if isinstance(value, ModuleType) or name.startswith("_") or name in self._names:
            return value
        raise AttributeError(f"{self.__name__} has no {name} on Windows")

    def __setattr__(self, name, value):
        setattr(self._module, name, value)


real_import = builtins.__import__


@wraps(real_import)
def import_on_windows(name, importing=None, *more, **options):
    module = real_import(name, importing, *more, **options)
    package = str((importing or {}).get("__package__")).partition(".")[0]
    if package not in PROJECT or module.__name__.partition(".")[0] not in sys.stdlib_module_names:
        return module
    names = names_on_windows(module.__name__)
    if names is None:
        return module
    if not names:
        raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
    return OnWindows(module, names)


def mapped():
    with real_open("/proc/self/maps", encoding="utf-8") as maps:
        return {line.split(maxsplit=5)[5].rstrip("\n") for line in maps if "/" in line}


def in_use():
    # The listing itself is open too, and then no more.
    return mapped() | {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}


def refused_if_in_use(function):
    @wraps(function)
    def refuse(*paths, **options):
        for path in paths:
            if os.path.realpath(path) in in_use():
                raise PermissionError(errno.EACCES, "used by another process", os.fspath(path))
        return function(*paths, **options)

    return refuse


real_open = open


@wraps(real_open)
def open_on_windows(  # noqa: PLR0917  open's parameters
    file, mode="r", buffering=-1, encoding=None, errors=None, newline=None, *more, **options
):
    if "w" in mode and not isinstance(file, int) and os.path.realpath(file) in mapped():
        raise OSError(errno.EINVAL, "Invalid argument", os.fspath(file))
    if "b" not in mode:
        encoding = "cp1252" if encoding in {None, "locale"} else encoding
        if newline is None and set(mode) & set("wax+"):
            newline = "\r\n"
    return real_open(file, mode, buffering, encoding, errors, newline, *more, **options)


real_fsync = os.fsync


@wraps(real_fsync)
def fsync_on_windows(file):
    if fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, "Bad file descriptor")
    real_fsync(file)


builtins.__import__ = import_on_windows
builtins.open = io.open = open_on_windows
os.fsync = fsync_on_windows
for name in ("remove", "rename", "replace", "unlink"):
    setattr(os, name, refused_if_in_use(getattr(os, name)))
