"""The fingerprint of a source file: what changes it, what does not, the same on every Python."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stages.shared.digests import file_digest
from stages.shared.fingerprint import (
    ASSETS,
    FORMAT,
    ROOT,
    assets,
    code_digest,
    fingerprint,
    imported_names,
    names_imported_in,
    reduced_tree,
    source_fingerprint,
)

PROGRAM = '''\
"""A module."""
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

LIMIT: int = 3  # things


@dataclass
class Point:
    """A point."""

    x: int
    y: float = 0.5


def scale(point: Point, factor: "float" = 2.0, *names: str, **more: Any) -> Point:
    """Scale a point."""
    total: float
    result: Point = Point(round(point.x * factor), f"{point.y:.{LIMIT}f} is {factor!r}" "." )
    return result
'''


def of(text, **options):
    return source_fingerprint(reduced_tree(text, **options))


def imports(text, **options):
    return set(names_imported_in(reduced_tree(text, **options)))


def replaced(old, new, text=PROGRAM):
    assert text.count(old) == 1, old
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # things", ""),
        ('"""A module."""', ""),
        ('    """A point."""\n', ""),
        ('    """Scale a point."""\n', '    "Another."\n'),
        ("LIMIT: int = 3", "LIMIT = 3"),
        ("LIMIT: int = 3", "LIMIT: float = 0x3"),
        ("def scale(point: Point,", "def scale(point,"),
        (") -> Point:", ") -> object:"),
        ("**more: Any", "**more"),
        ("2.0, *names", "2.00, *names"),
        ("    total: float\n", "    total: int\n"),
        ("result: Point = ", "result = "),
        ('" "."', '."'),
        ("from collections.abc import Sequence", "import numpy"),
        ("if TYPE_CHECKING:", "if typing.TYPE_CHECKING:"),
        ("\n\n\n@dataclass", "\n@dataclass"),
        ("round(point.x * factor)", "round( (point.x)*factor )"),
    ],
)
def test_what_nothing_reads_at_run_time_does_not_change_the_fingerprint(old, new):
    assert of(replaced(old, new)) == of(PROGRAM)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("= 3", "= 4"),
        ("= 3", "= 3.0"),
        ("= 3", "= True"),
        ("= 3", "= '3'"),
        ("    x: int\n", "    x: float\n"),
        ("y: float = 0.5", "y: int = 0.5"),
        ("y: float = 0.5", "y: float = 0.25"),
        ("2.0, *names", "3.0, *names"),
        ("factor!r", "factor!s"),
        (" is ", " was "),
        ("{LIMIT}f", "{LIMIT}g"),
        ("@dataclass\n", "@dataclass()\n"),
        ("import typing\n", "import typing, os\n"),
        ("round(point.x * factor)", "round(point.x) * factor"),
        ("    return result", "    return +result"),
        ("    total: float\n", ""),
        ("from typing import TYPE_CHECKING, Any", "from flags import TYPE_CHECKING, Any"),
    ],
)
def test_code_changes_the_fingerprint(old, new):
    assert of(replaced(old, new)) != of(PROGRAM)


@pytest.mark.parametrize("library", ["typer", "pydantic"])
def test_annotations_of_functions_count_where_a_library_reads_them(library):
    text = f"import {library}.models\n{PROGRAM}"
    assert of(replaced("**more: Any", "**more: int", text)) != of(text)
    assert of(replaced(") -> Point:", ") -> object:", text)) != of(text)


def test_fields_count_wherever_they_stand_in_a_class():
    text = "class A:\n    if True:\n        x: int\n        y: int = 2\n"
    others = [text.replace("x: int", "pass"), text.replace("y: int", "y: str")]
    assert of(text) not in map(of, others)


def test_a_class_without_a_body_may_have_a_docstring():
    assert of("class A(B): pass") == of("class A(B):\n    'A.'")


def test_no_two_constants_have_one_text():
    constants = ["None", "...", "0", "-0", "0.0", "-0.0", "0j", "'0'", "b'0'", "''", "[]", "'é'"]
    constants += ["True", "1", "1.0", "f'{a}'", "f'a'", "'a'", "(1,)", "[1]", "{1}", "'[1]'"]
    constants += ["1e308", "1e309", "{}", "{**a}", "{None: a}", "'\\ud800'", "'\\\\ud800'"]
    assert len({of(f"x = {constant}\n") for constant in constants}) == len(constants)


LAZY = """\
__version__ = "0.1.0"
__all__ = ["Network"]
VERSION = 1


def __getattr__(name):
    from package.network import Network
    return Network
"""


def test_the_lazy_names_of_a_package_and_its_version_do_not_count():
    assert of(LAZY, is_package=True) == of("VERSION = 1\n") != of(LAZY)
    assert imports(LAZY, is_package=True) == set()
    assert imports(LAZY) == {"package.network", "package.network.Network"}


def test_imports_inside_functions_count_and_those_for_type_checkers_do_not():
    assert imports(f"{PROGRAM}    import json\n") == {
        *("json", "typing", "typing.Any", "typing.TYPE_CHECKING"),
        *("dataclasses", "dataclasses.dataclass"),
    }


def test_styles_and_scripts_count_whole():
    files = assets([Path("stages/page/frame.py")])
    assert {file.suffix for file in files} == set(ASSETS)
    assert all(fingerprint(file) == file_digest(ROOT / file) for file in files)


def test_a_digest_of_code_has_the_number_of_the_format():
    assert code_digest(Path("stages/train.py")).split(":")[0] == str(FORMAT)


# The fingerprints of all sources, without the project's packages, whose libraries are not there.
ALL_SOURCES = """
import importlib.util, sys, types
from pathlib import Path

root = Path(sys.argv[1])
for package in ("stages", "stages.shared"):
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = [str(root.joinpath(*package.split(".")))]
from stages.shared.fingerprint import fingerprint, reduced_tree, source_fingerprint
for number, text in enumerate(CASES):
    print(number, source_fingerprint(reduced_tree(text)))
for file in sorted([*root.glob("nncore/**/*.py"), *root.glob("stages/**/*.py")]):
    name = file.relative_to(root)
    print(name.as_posix(), fingerprint(name))
"""
# What versions of Python are known to parse otherwise.
CASES = [
    *("f'{x:{y}}'", "f'{x:{y}{z}}'", "f'{x!r:>{y}}' '' f'{z}'", "f'a' 'b' f'{x}' u'c'", "f''"),
    "@a\ndef f(x, /, *, y=1): ...",
    *("match x:\n case [1, *_]: pass", "type(x)", "try: pass\nexcept* A: pass", "1e400 + 1_0j"),
]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_gives_every_source_the_same_fingerprint(version):
    python = shutil.which(f"python{version}")
    # pyenv's shims are there for versions that are not.
    if (
        not python
        or subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode
    ):
        pytest.skip(f"needs python{version} on the PATH")
    program = f"CASES = {CASES}\n{ALL_SOURCES}"
    done = subprocess.run(
        [python, "-IBc", f"import sys\nsys.path.insert(0, sys.argv[1])\n{program}", ROOT],
        capture_output=True,
        text=True,
        check=True,
    )
    actual = dict(line.split(" ") for line in done.stdout.splitlines())
    expected = {str(i): source_fingerprint(reduced_tree(text)) for i, text in enumerate(CASES)}
    expected |= {name: fingerprint(Path(name)) for name in actual if "/" in name}
    assert actual == expected
    assert len(actual) > 100


def test_no_import_names_a_file_but_for_its_case():
    """Windows and macOS would take nncore/Model.py for nncore/model.py, and list both."""
    files = {
        path.relative_to(ROOT).as_posix()
        for folder in ("nncore", "stages")
        for path in (ROOT / folder).rglob("*.py")
    }
    # Windows also sorts paths without their case.
    assert files == {name.lower() for name in files}
    paths = {name.replace(".", "/") for file in files for name in imported_names(Path(file))}
    candidates = {name for path in paths for name in (f"{path}.py", f"{path}/__init__.py")}
    assert {name for name in candidates - files if name.lower() in files} == set()
