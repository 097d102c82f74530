"""The architecture, asserted from the syntax trees."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from stages.shared.fingerprint import ROOT, assets, closure, imported_files, imported_names

CORE, STAGES, BENCHMARKS = ("nncore", "stages", "benchmarks")
# What the files of a room may import of the same package, beside their own room.
BOTTOM = {"arrays", "config", "errors", "files", "functions", "parallel", "text_tables"}
DIRECTIONS = {
    CORE: {
        "arrays": {"errors"},
        "errors": set(),
        "signals": set(),
        "text_tables": {"errors"},
        "files": {"arrays", "errors"},
        "parallel": {"arrays"},
        "config": {"errors"},
        "functions": {"arrays", "config", "errors"},
        "network": BOTTOM,
        "data": BOTTOM,
        "training": BOTTOM | {"data", "network"},
        "analysis": BOTTOM | {"data", "network", "training"},
        "diagnosis": BOTTOM | {"data", "network", "training"},
        "model": BOTTOM | {"data", "network"},
        "model_file": BOTTOM | {"data", "model", "network"},
        "adapters": BOTTOM | {"data", "model", "network", "training"},
        "cli": BOTTOM
        | {"adapters", "data", "diagnosis", "model", "model_file", "network", "signals"},
    },
    STAGES: {
        "shared": set(),
        "formats": {"shared"},
        "plots": {"shared"},
        "page": {"shared"},
        "distributed": {"shared"},
        "journal": {"shared"},
        "preprocessing": {"shared"},
        "reporting": {"page", "plots", "shared"},
        "sweeps": {"journal", "shared"},
        "watching": {"journal", "shared"},
        "programs": {
            *("distributed", "formats", "journal", "page", "plots", "preprocessing"),
            *("reporting", "shared", "sweeps", "watching"),
        },
    },
    BENCHMARKS: {
        "system": set(),
        "accuracy": {"peers", "speed", "system"},
        "peers": {"accuracy", "speed", "system"},
        "speed": {"peers", "system"},
        "growth": {"peers", "speed", "system"},
        "scaling": {"speed", "system"},
        "startup": {"speed", "system"},
        "tables": {"speed"},
        "publish": {"accuracy", "growth", "speed", "startup", "system"},
    },
}
PROGRAMS = [
    Path(STAGES, f"{name}.py")
    for name in (
        *("sources", "fetch", "preprocess", "train", "evaluate", "report"),
        *("adopt", "committee", "compare", "diagnose", "leaderboard", "repair", "sweep", "watch"),
    )
    if (ROOT / STAGES / f"{name}.py").is_file()
]
LONGEST = 250
# What a file of nncore needs is an extra of its own, which no other file loads.
LIBRARIES = {
    Path(CORE, "cli", "pictures.py"): {"PIL"},
    Path(CORE, "data", "parquet.py"): {"pyarrow"},
    Path(CORE, "data", "pictures.py"): {"PIL"},
    Path(CORE, "adapters", "onnx.py"): {"onnx"},
}
# scikit-learn brings SciPy.
ESTIMATORS = Path(CORE, "adapters", "estimators")
LIBRARIES |= {
    ESTIMATORS / path.name: {"scipy", "sklearn"} for path in (ROOT / ESTIMATORS).glob("*.py")
}


def files(folder):
    return sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def outside(*excepted):
    """Return the Python files of all folders but some; build has those of other projects."""
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()} - {"build"}
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
    names = set()
    for node in parsed(file):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else str(node.module).split(".")[0])
    return names


def global_randomness(tree):
    """Return the names through which a tree draws from a hidden, global state."""
    modules = {"np.random", "numpy.random"}
    # Tests read the global state, to see that it has not moved.
    explicit = {"BitGenerator", "Generator", "PCG64", "SeedSequence", "default_rng", "get_state"}
    # What scikit-learn hands about instead of a Generator.
    explicit.add("RandomState")
    names = []
    for node in tree:
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in modules:
            names += {node.attr} - explicit
        if isinstance(node, ast.ImportFrom) and node.module in {"random", "numpy.random"}:
            names += {alias.name for alias in node.names} - explicit
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names if alias.name == "random"]
    return names


@each(files(CORE))
def test_nncore_imports_the_standard_library_its_dependencies_and_itself_only(file):
    allowed = {"numpy", CORE} | LIBRARIES.get(file, set())
    if file == Path(CORE, "parallel.py"):
        allowed.add("threadpoolctl")
    assert packages(file) - sys.stdlib_module_names <= allowed


@each(LIBRARIES)
def test_only_the_command_line_and_readers_import_a_file_that_needs_an_extra(file):
    importing_it = {
        path
        for path in files(CORE) + files(STAGES)
        if file in imported_files(path) and path.parent != ESTIMATORS
    }
    offering = {Path(CORE, "adapters", "sklearn.py")} if file.parent == ESTIMATORS else set()
    readers = {*files("stages/formats"), Path(CORE, "data", "table_file.py")}
    others = importing_it - readers - offering
    assert {path for path in others if room(path) != "cli"} == set()


def room(file):
    """Return the room of a file: the folder below its package, or the file itself."""
    name = file.parts[1] if len(file.parts) > 2 else file.stem
    return "programs" if file in PROGRAMS else name


@pytest.mark.parametrize("package", DIRECTIONS)
def test_imports_go_in_the_directions_of_the_house(package):
    actual = {
        (file.as_posix(), imported.as_posix())
        for file in files(package)
        for imported in imported_files(file)
        if imported.parts[0] == package
        and imported != Path(package, "__init__.py")
        and file != Path(package, "__init__.py")
        and room(imported) != room(file)
        and room(imported) not in DIRECTIONS[package][room(file)]
    }
    assert actual == set()


@pytest.mark.parametrize("package", DIRECTIONS)
def test_there_are_no_circles(package):
    graph = {file: imported_files(file) - {file} for file in files(package)}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("package", [CORE, STAGES])
def test_contributing_names_every_folder(package):
    tree = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## The rules")[0]
    folders = {file.parts[1] for file in files(package) if len(file.parts) > 2}
    assert {folder for folder in folders if f" {folder}/" not in tree} == set()


def test_the_way_of_a_report_names_its_folders():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for folder in ("nncore/analysis", "stages/reporting", "stages/page", "stages/plots"):
        assert f"`{folder}`" in text


def test_a_report_of_a_table_loads_no_report_of_images():
    loaded = closure(Path(STAGES, "reporting", "tables.py"))
    images = {Path(STAGES, "reporting", f"{name}.py") for name in ("images", "image_analyses")}
    assert images <= set(files(STAGES))
    assert loaded.isdisjoint(images)


def test_data_and_network_do_not_know_each_other():
    assert not any(
        room(path) == "network" for file in files("nncore/data") for path in closure(file)
    )
    assert not any(
        room(path) == "data" for file in files("nncore/network") for path in closure(file)
    )


@each([*files("nncore/config"), Path(CORE, "errors.py")])
def test_settings_know_no_numpy(file):
    assert not any("numpy" in packages(path) for path in closure(file))


@each([Path(CORE, "training", "optimizers.py")])
def test_optimizers_see_a_vector_and_no_network(file):
    assert Path(CORE, "network", "network.py") not in closure(file)


@each(PROGRAMS)
def test_programs_never_import_each_other(file):
    assert closure(file).isdisjoint(set(PROGRAMS) - {file})


@each(outside(BENCHMARKS, STAGES, "tests", "tools"))
def test_only_tests_tools_and_benchmarks_import_stages(file):
    assert STAGES not in packages(file)


@each(files(CORE) + files(STAGES))
def test_imports_are_absolute(file):
    """`stages/shared/fingerprint.py` follows no others."""
    assert "." not in packages(file)


@each(
    files(CORE)
    + files(STAGES)
    + files("benchmarks")
    + sorted(assets([Path(STAGES, room, "__init__.py") for room in ("page", "watching")]))
)
def test_file_is_one_short_concept(file):
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= LONGEST


def importing(package):
    return {file for file in outside("tests", "tools") if package in packages(file)}


def test_yaml_is_read_by_one_reader_only():
    assert importing("ruamel") | importing("yaml") == {Path(STAGES, "shared", "yaml12.py")}


@each(files(CORE) + files(STAGES))
def test_no_file_takes_a_lazy_name_of_the_package(file):
    """Fingerprints do not count what such a name loads."""
    rooms = {path.with_suffix("").parts[1] for path in files(CORE)}
    names = {name for name in imported_names(file) if name.startswith("nncore.")}
    if file == Path(CORE, "cli", "commands.py"):
        # No stage loads this file, so it may print the version, which fingerprints do not count.
        names.remove("nncore.__version__")
    assert {name.split(".")[1] for name in names} <= rooms


def test_matplotlib_is_imported_only_where_pictures_are_drawn():
    elsewhere = {file for file in importing("matplotlib") if file.parent != Path(STAGES, "plots")}
    pictures = {Path(BENCHMARKS, room, "picture.py") for room in ("growth", "speed")}
    assert elsewhere == pictures | {Path("docs", "distortions.py")}


def test_mpi_is_known_to_one_file_only():
    assert importing("mpi4py") == {Path(STAGES, "distributed", "mpi.py")}


@pytest.mark.parametrize("library", ["jax", "torch", "torchvision"])
def test_another_library_is_imported_by_its_peers_only(library):
    distorted = Path(BENCHMARKS, "peers", "distorted")
    peers = {
        "jax": {Path(BENCHMARKS, "peers", "jax.py"), distorted / "jax.py"},
        "torch": {
            *(Path(BENCHMARKS, "peers", "torch.py"), distorted / "torch.py"),
            distorted / "torchvision.py",
        },
        "torchvision": {distorted / "torchvision.py"},
    }
    assert importing(library) == peers[library]


PEERS_OF_SKLEARN = ("peers/distorted/sklearn.py", "peers/sklearn.py", "speed/classifiers.py")


def test_scikit_learn_is_imported_by_the_estimator_and_what_measures_it_only():
    names = ("__main__", "contenders", "datasets", "folds", "network", "preprocessing")
    measuring = {Path(BENCHMARKS, "tables", f"{name}.py") for name in names}
    measuring |= {Path(BENCHMARKS, name) for name in PEERS_OF_SKLEARN}
    assert {file for file in importing("sklearn") if file.parent != ESTIMATORS} == measuring


def test_scipy_is_imported_by_the_estimators_only():
    assert {file.parent for file in importing("scipy")} == {ESTIMATORS}


@pytest.mark.parametrize(
    ("library", "file"), [("distributed", "cluster.py"), ("optuna", "optuna_search.py")]
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
    offering = Path(CORE, "adapters", "sklearn.py")
    plain = [file for file in files(CORE) if file not in LIBRARIES and file != offering]
    modules = [".".join(file.with_suffix("").parts) for file in plain]
    heavy = {"dvc", "matplotlib", "urllib3", "pydantic", "requests", "ruamel", "tqdm"}
    heavy |= set().union(*LIBRARIES.values())
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]"
