"""The architecture, asserted from the syntax trees."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from stages.imports import ROOT, assets, closure, imported_files

CORE, STAGES = ("nncore", "stages")
RUNNABLE = [
    path
    for name in (
        *("fetch", "preprocess", "train", "evaluate", "report"),
        *("compare", "leaderboard", "sources", "sweep"),
    )
    if (ROOT / (path := Path(STAGES, f"{name}.py"))).is_file()
]
FORMULAS = (
    "activations",
    "architecture",
    "augment_settings",
    "checks",
    "digits",
    "idx",
    "initializers",
    "losses",
    "metrics",
    "resampling",
    "schedules",
    "settings",
)
LONGEST = 220
# What a file of nncore needs is an extra of its own, which no other file loads.
LIBRARIES = {
    Path(CORE, "cli", "__main__.py"): {"PIL", "typer"},
    Path(CORE, "estimator.py"): {"sklearn"},
    Path(CORE, "export.py"): {"onnx"},
}


def files(folder):
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def outside(*excepted):
    """Return the Python files of all folders but some."""
    folders = (path.name for path in ROOT.iterdir() if path.is_dir())
    return [
        file
        for folder in sorted(folders)
        if not folder.startswith(".") and folder not in excepted
        for file in files(folder)
    ]


def each(paths):
    return pytest.mark.parametrize("file", paths, ids=str)


def parsed(file):
    return ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))


def packages(file):
    """Return the top-level packages that `file` imports, anywhere in it."""
    found = set()
    for node in parsed(file):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).split(".")[0])
    return found


def global_randomness(tree):
    """Return the names through which a tree draws from a hidden, global state."""
    modules = {"np.random", "numpy.random"}
    # Tests read the global state, to see that it has not moved.
    explicit = {"BitGenerator", "Generator", "PCG64", "SeedSequence", "default_rng", "get_state"}
    # What scikit-learn hands about instead of a Generator.
    explicit.add("RandomState")
    found = []
    for node in tree:
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
            found += {node.attr} - explicit
        if isinstance(node, ast.ImportFrom) and node.module in {"random", "numpy.random"}:
            found += {alias.name for alias in node.names} - explicit
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name == "random"]
    return found


@each(files(CORE))
def test_nncore_imports_the_standard_library_numpy_and_itself_only(file):
    allowed = {"numpy", CORE} | LIBRARIES.get(file, set())
    assert packages(file) - sys.stdlib_module_names <= allowed


@each(LIBRARIES)
def test_nothing_imports_a_file_with_libraries_of_its_own_but_the_command_line(file):
    importing_it = {path for path in files(CORE) + files(STAGES) if file in imported_files(path)}
    assert importing_it <= {Path(CORE, "cli", "__init__.py"), Path(CORE, "cli", "__main__.py")}


def test_nncore_has_no_circles():
    graph = {file: imported_files(file) - {file} for file in files(CORE)}
    assert list(TopologicalSorter(graph).static_order())


@each([Path(CORE, f"{name}.py") for name in FORMULAS])
def test_formulas_know_no_network(file):
    reached = {path.stem for path in closure(file)}
    assert reached <= {*FORMULAS, "arrays", "errors", "__init__"}


@each(
    [
        Path(CORE, f"{name}.py")
        for name in ("architecture", "augment_settings", "checks", "settings")
    ]
)
def test_settings_know_no_numpy(file):
    assert not any("numpy" in packages(path) for path in closure(file))


@each([Path(CORE, "optimizers.py")])
def test_optimizers_see_a_vector_and_no_network(file):
    assert Path(CORE, "network.py") not in closure(file)


@each(RUNNABLE)
def test_stages_never_import_each_other(file):
    assert closure(file).isdisjoint(set(RUNNABLE) - {file})


@each(outside(STAGES, "tests"))
def test_nothing_but_stages_imports_stages(file):
    assert STAGES not in packages(file)


@each(files(CORE) + files(STAGES))
def test_imports_are_absolute(file):
    """`imports.py` follows no others."""
    assert "." not in packages(file)


@each(
    files(CORE)
    + files(STAGES)
    + files("benchmarks")
    + sorted(assets([Path(STAGES, "page", "__init__.py")]))
)
def test_file_is_one_short_concept(file):
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= LONGEST


def importing(package):
    return {file for file in outside("tests") if package in packages(file)}


def test_yaml_is_read_by_one_reader_only():
    assert importing("yaml") == {Path(STAGES, "params.py"), Path(STAGES, "yaml12.py")}


def test_matplotlib_is_imported_only_where_pictures_are_drawn():
    drawing = {Path(STAGES, "pictures"), Path("benchmarks"), Path("docs")}
    assert {file.parent for file in importing("matplotlib")} == drawing
    pictures = {Path("benchmarks", name) for name in ("picture.py", "growth_picture.py")}
    assert importing("matplotlib") & set(files("benchmarks")) == pictures


def test_mpi_is_known_to_one_file_only():
    assert importing("mpi4py") == {Path(STAGES, "ranks.py")}


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_another_library_is_imported_by_its_peer_only(library):
    assert importing(library) == {Path("benchmarks", f"peer_{library}.py")}


def test_scikit_learn_is_imported_by_the_estimator_and_what_measures_it_only():
    measuring = {Path("benchmarks", name) for name in ("peer_sklearn.py", "classifiers.py")}
    assert importing("sklearn") == {Path(CORE, "estimator.py")} | measuring


@pytest.mark.parametrize(
    ("library", "file"), [("distributed", "cluster.py"), ("optuna", "search.py")]
)
def test_a_sweeps_library_is_imported_in_one_file(library, file):
    assert importing(library) == {Path(STAGES, "sweeps", file)}


@each(outside())
def test_no_randomness_is_global(file):
    assert global_randomness(parsed(file)) == []


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("np.random.seed(1)", ["seed"]),
        ("x = numpy.random.rand(3)", ["rand"]),
        ("from numpy.random import shuffle", ["shuffle"]),
        ("import random", ["random"]),
        ("rng = np.random.default_rng(np.random.SeedSequence(1))", []),
    ],
)
def test_global_randomness_would_be_seen(source, names):
    assert global_randomness(ast.walk(ast.parse(source))) == names


def test_nncore_runs_without_the_pipelines_libraries():
    plain = [file for file in files(CORE) if file not in LIBRARIES]
    modules = [".".join(file.with_suffix("").parts) for file in plain]
    heavy = {"dvc", "matplotlib", "pooch", "pydantic", "requests", "tqdm", "yaml"}
    heavy |= set().union(*LIBRARIES.values())
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]"
