"""Fingerprints of the code that a program loads: whatever can change a result, and nothing else.

A fingerprint is the digest of a syntax tree. Comments, docstrings and formatting are not in it,
nor are annotations that nothing reads at run time. It is the same on all versions of Python.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from stages.shared.digests import file_digest

ROOT = Path(__file__).parents[2]
# Raised by one with each change of the rules below, after which the same code has new fingerprints.
FORMAT = 1
# Suffixes of the files that a module of stages.page reads from its folder; their bytes count.
ASSETS = (".css", ".html", ".js")
# Libraries that read the annotations of functions.
_ANNOTATION_READERS = {"pydantic", "typer"}
# How a string was written, and a comment.
_IGNORED_FIELDS = {"kind", "type_comment"}


def code_digest(program: Path) -> str:
    """Return one digest, with the number of the format, for all code that a program loads."""
    lines = (f"{file.as_posix()} {digest}\n" for file, digest in fingerprints(program).items())
    return f"{FORMAT}:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def fingerprints(program: Path) -> dict[Path, str]:
    """Return the fingerprint of each of the project's files that `python -m` loads, by path."""
    modules = closure(program)
    return {file: fingerprint(file) for file in sorted(modules | assets(modules))}


# Cached, because a process keeps running the code that it has loaded even if the files change.
@cache
def fingerprint(file: Path) -> str:
    """Return the fingerprint of a file, whose path is relative to `ROOT`."""
    if file.suffix in ASSETS:
        return file_digest(ROOT / file)
    return source_fingerprint(_tree(file))


def source_fingerprint(tree: ast.AST) -> str:
    """Return the fingerprint of a module, from what `reduced_tree` returns."""
    return hashlib.sha256(_canonical(tree).encode()).hexdigest()


def closure(program: Path) -> set[Path]:
    """Return the project's modules that `python -m` loads when it runs `program`."""
    loaded: set[Path] = set()
    pending = {program, program.parent / "__init__.py"}
    while pending:
        loaded |= pending
        pending = set().union(*map(imported_files, pending)) - loaded
    return loaded


def imported_files(file: Path) -> set[Path]:
    """Return the project's files that `file` imports, with the __init__.py of their packages."""
    imported: set[Path] = set()
    for name in imported_names(file):
        parts = name.split(".")
        candidates = [Path(*parts).with_suffix(".py")]
        candidates += [Path(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
        imported |= {path for path in candidates if (ROOT / path).is_file()}
    return imported


def imported_names(file: Path) -> set[str]:
    """Return the dotted names that `file` imports; `from a import b` gives `a` and `a.b`."""
    return set(names_imported_in(_tree(file)))


def assets(modules: Iterable[Path]) -> set[Path]:
    """Return the stylesheets, pages and scripts in the folders of `modules`, relative to `ROOT`."""
    folders = {ROOT / file.parent for file in modules}
    beside = [path for folder in folders for path in folder.iterdir()]
    return {path.relative_to(ROOT) for path in beside if path.suffix in ASSETS}


def names_imported_in(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module imports, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _tree(file: Path) -> ast.AST:
    text = (ROOT / file).read_text(encoding="utf-8")
    return reduced_tree(text, is_package=file.name == "__init__.py")


def reduced_tree(text: str, *, is_package: bool = False) -> ast.AST:
    """Return the syntax tree of a module without what can't change a result."""
    tree = ast.parse(text)
    packages = {name.split(".")[0] for name in names_imported_in(tree)}
    if is_package:
        # Names that a package imports when somebody asks for them.
        tree.body = [node for node in tree.body if not _is_lazy(node)]
    reduced: ast.AST = _Reducer(keep_annotations=bool(packages & _ANNOTATION_READERS)).visit(tree)
    return reduced


def _is_lazy(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets)
    return isinstance(node, ast.FunctionDef) and node.name in {"__dir__", "__getattr__"}


class _Reducer(ast.NodeTransformer):
    """Removes what nothing reads at run time."""

    def __init__(self, *, keep_annotations: bool) -> None:
        self._keep_annotations = keep_annotations
        self._fields: set[ast.AST] = set()

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Remove a docstring, or another constant that is a statement."""
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Remove what only a type checker runs."""
        self.generic_visit(node)
        name = getattr(node.test, "id", getattr(node.test, "attr", ""))
        return node.orelse if name == "TYPE_CHECKING" else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Keep the annotations of fields: dataclasses, pydantic and NamedTuple read them."""
        self._fields |= {child for child in node.body if isinstance(child, ast.AnnAssign)}
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Remove the annotation of a variable."""
        self.generic_visit(node)
        if node in self._fields:
            return node
        return node.value and ast.Assign([node.target], node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remove the annotation of a function's result."""
        if not self._keep_annotations:
            node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Remove the annotation of a function's parameter."""
        if not self._keep_annotations:
            node.annotation = None
        return node


def _canonical(value: object) -> str:
    """Return a text that differs for trees that differ, on every version of Python."""
    if isinstance(value, ast.JoinedStr):
        return f"JoinedStr[{', '.join(map(_canonical, _joined(value.values)))}]"
    if isinstance(value, ast.AST):
        # Versions of Python add fields, which are empty where a program does not use them.
        fields = [
            f"{name}={_canonical(field)}"
            for name, field in ast.iter_fields(value)
            if name not in _IGNORED_FIELDS and field is not None and field != []
        ]
        return f"{type(value).__name__}({', '.join(fields)})"
    if isinstance(value, list):
        return f"[{', '.join(map(_canonical, value))}]"
    return f"{type(value).__name__} {value!a}"


def _joined(pieces: Iterable[ast.expr]) -> Iterator[ast.expr]:
    """Join neighbouring constants of an f-string, which some versions of Python keep apart."""
    for is_constant, run in groupby(pieces, lambda piece: isinstance(piece, ast.Constant)):
        if is_constant:
            yield ast.Constant("".join(str(piece.value) for piece in run))  # type: ignore[attr-defined]
        else:
            yield from run
