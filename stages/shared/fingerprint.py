"""Fingerprints of the code that a program loads, which tell whether a result can change.

A fingerprint is the digest of a syntax tree without comments, docstrings, formatting and
annotations. Two kinds of annotations do count: those of a class's fields, and those of functions in
a file that imports typer or pydantic. A fingerprint is the same on all versions of Python.
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
FORMAT = 2
# Suffixes of the files that a module of stages.page reads from its folder; their bytes count.
ASSETS = (".css", ".html", ".js")
# Libraries that read the annotations of functions.
_ANNOTATION_READERS = {"pydantic", "typer"}
# The fields in which a statement holds other statements.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
# How a string was written, and a comment.
_IGNORED_FIELDS = {"kind", "type_comment"}


# Cached, because a process keeps running the code that it has loaded even if the files change.
@cache
def code_digest(program: Path) -> str:
    """Return one digest, with the number of the format, for all code that a program loads."""
    lines = (f"{file.as_posix()} {digest}\n" for file, digest in fingerprints(program).items())
    return f"{FORMAT}:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"


def fingerprints(program: Path) -> dict[Path, str]:
    """Return the fingerprint of each of the project's files that `python -m` loads, by path."""
    modules = closure(program)
    return {file: fingerprint(file) for file in sorted(modules | assets(modules))}


def fingerprint(file: Path) -> str:
    """Return the fingerprint of a file, whose path is relative to `ROOT`."""
    return file_digest(ROOT / file) if file.suffix in ASSETS else _read(file)[0]


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
    return _read(file)[1]


def assets(modules: Iterable[Path]) -> set[Path]:
    """Return the stylesheets, pages and scripts of `modules`, relative to `ROOT`.

    They are in folders beside the modules that are no packages.
    """
    packages = {ROOT / file.parent for file in modules}
    below = {path for package in packages for path in package.iterdir() if path.is_dir()}
    folders = (path for path in below if not (path / "__init__.py").exists())
    files = (path for folder in folders for path in folder.rglob("*"))
    return {path.relative_to(ROOT) for path in files if path.suffix in ASSETS}


def names_imported_in(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module imports, also inside functions."""
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all statements, those in inner blocks too, and what holds a block."""
    for block in _BLOCKS:
        for child in getattr(node, block, ()):
            yield child
            yield from _statements(child)


@cache
def _read(file: Path) -> tuple[str, set[str]]:
    """Return the fingerprint of a module and the names that it imports."""
    text = (ROOT / file).read_text(encoding="utf-8")
    tree = reduced_tree(text, is_package=file.name == "__init__.py")
    return source_fingerprint(tree), set(names_imported_in(tree))


def reduced_tree(text: str, *, is_package: bool = False) -> ast.AST:
    """Return the syntax tree of a module without what can't change a result."""
    tree = ast.parse(text)
    imported = set(names_imported_in(tree))
    packages = {name.split(".")[0] for name in imported}
    if is_package:
        # Names that a package imports when somebody asks for them, and its version.
        tree.body = [node for node in tree.body if not _is_lazy(node)]
    reducer = _Reducer(
        keep_annotations=bool(packages & _ANNOTATION_READERS),
        knows_type_checking="typing.TYPE_CHECKING" in imported,
    )
    reduced: ast.AST = reducer.visit(tree)
    return reduced


def _is_lazy(node: ast.stmt) -> bool:
    if isinstance(node, ast.Assign):
        return any(
            isinstance(name, ast.Name) and name.id in {"__all__", "__version__"}
            for name in node.targets
        )
    return isinstance(node, ast.FunctionDef) and node.name in {"__dir__", "__getattr__"}


class _Reducer(ast.NodeTransformer):
    """Removes what nothing reads at run time."""

    def __init__(self, *, keep_annotations: bool, knows_type_checking: bool) -> None:
        self._keep_annotations = keep_annotations
        self._knows_type_checking = knows_type_checking
        self._is_class_body = False

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visit the statements in a node and the parameters of a function.

        Expressions are not visited: they are most of a tree, and nothing in them is removed.
        """
        for block in _BLOCKS:
            if children := getattr(node, block, None):
                children[:] = [kept for child in children for kept in self._visit_child(child)]
        if isinstance(parameters := getattr(node, "args", None), ast.arguments):
            named = parameters.posonlyargs + parameters.args + parameters.kwonlyargs
            for parameter in filter(None, [*named, parameters.vararg, parameters.kwarg]):
                self.visit(parameter)
        return node

    def _visit_child(self, child: ast.AST) -> list[ast.AST]:
        result = self.visit(child)
        if isinstance(result, list):
            return result
        return [result] if result else []

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        """Remove a docstring, or another constant that is a statement."""
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Pass(self, node: ast.Pass) -> None:
        """Remove what a docstring may stand for."""

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Remove what only a type checker runs."""
        self.generic_visit(node)
        return node.orelse if self._is_type_checking(node.test) else node

    def _is_type_checking(self, test: ast.expr) -> bool:
        if isinstance(test, ast.Name):
            return self._knows_type_checking and test.id == "TYPE_CHECKING"
        return isinstance(test, ast.Attribute) and ast.unparse(test) == "typing.TYPE_CHECKING"

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Visit a class, whose fields keep their annotations."""
        return self._visit_scope(node, is_class=True)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        """Visit a function, which loses the annotations of its result and variables."""
        if not self._keep_annotations:
            node.returns = None
        return self._visit_scope(node, is_class=False)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  ast's name

    def _visit_scope(self, node: ast.AST, *, is_class: bool) -> ast.AST:
        outer, self._is_class_body = self._is_class_body, is_class
        self.generic_visit(node)
        self._is_class_body = outer
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Keep a field as it is: dataclasses, pydantic and NamedTuple read its annotation."""
        self.generic_visit(node)
        if self._is_class_body:
            return node
        if node.value:
            return ast.Assign([node.target], node.value)
        # Without a value it still makes the name a local one.
        node.annotation = ast.Constant(None)
        return node

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
    """Join neighbouring constants of an f-string, which some versions of Python keep apart.

    Some add an empty one.
    """
    for is_constant, run in groupby(pieces, lambda piece: isinstance(piece, ast.Constant)):
        if not is_constant:
            yield from run
        elif text := "".join(str(piece.value) for piece in run):  # type: ignore[attr-defined]
            yield ast.Constant(text)
