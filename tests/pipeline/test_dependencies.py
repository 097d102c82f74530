"""What each stage depends on is what it loads and reads, and its outputs are what it writes."""

import importlib.util
import re

import pytest
from pipeline_repository import ROOT, SOURCES, STAGES, outputs, pipeline_file

from stages.shared.fingerprint import ASSETS

PIPELINE = pipeline_file()["stages"]
LOCK = "requirements.lock"
SOURCE_FILES = (".py", *ASSETS)
REQUIREMENTS, ALL_REQUIREMENTS = (
    re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").rstrip("\n"))
    for name in (LOCK, "requirements-dev.lock")
)


def listing(name):
    """Return the path of what `sources` writes of a stage."""
    return f"reports/sources/{name}.txt"


def data_dependencies(name):
    return [path for path in PIPELINE[name]["deps"] if path != listing(name)]


def files(repo, paths):
    """Return `paths` with each folder replaced by the files in it."""
    result = set()
    for path in paths:
        inside = repo[path].rglob("*") if repo[path].is_dir() else [repo[path]]
        result |= {str(file.relative_to(repo.root)) for file in inside if file.is_file()}
    return result


def opened(repo, name):
    """Return the repository's files that a stage opened, without those it wrote itself."""
    result = set()
    for line in (repo.home / "opened").read_text(encoding="utf-8").splitlines():
        module, path = line.split(" ", 1)
        if module != f"stages.{name}" or not re.search(r"\.(?!tmp$|\d+$)\w+$|-ubyte$", path):
            continue
        compiled = path.endswith(".pyc")
        result.add(importlib.util.source_from_cache(path) if compiled else path)
    return result - files(repo, outputs(PIPELINE[name]))


def test_the_pipeline_has_the_sources_and_the_five_stages_in_order():
    assert tuple(PIPELINE) == (SOURCES, *STAGES)


# What only a run on a table loads, or a prediction of a table.
OF_TABLES = {
    "fetch": {"nncore/data/parquet.py"},
    "evaluate": {"nncore/data/frames.py"},
    "report": {
        "nncore/data/frames.py",
        "stages/page/scripts/table_page.js",
        "stages/page/styles/influence.css",
        "stages/page/templates/table_page.html",
    },
}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_is_run_as_a_module(name):
    assert PIPELINE[name]["cmd"] == f"python -m stages.{name}"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_the_list_of_its_sources(name):
    assert listing(name) in PIPELINE[name]["deps"]


def test_the_sources_depend_on_all_that_they_list():
    assert PIPELINE[SOURCES]["deps"] == ["nncore", LOCK, "stages"]


@pytest.mark.parametrize("name", STAGES)
def test_the_listed_source_files_are_those_that_a_run_loads(base, name):
    _, *lines = base[listing(name)].read_text(encoding="utf-8").splitlines()
    listed = {line.split("  ")[1] for line in lines}
    loaded = {path for path in opened(base, name) if path.endswith(SOURCE_FILES)}
    listed = {path for path in listed if path.endswith(SOURCE_FILES)}
    assert listed - OF_TABLES.get(name, set()) == loaded


@pytest.mark.parametrize("name", STAGES)
def test_the_listed_data_are_those_that_a_run_reads(base, name):
    # A lock and a journal are opened as if to be read.
    unread_suffixes = (*SOURCE_FILES, ".lock", ".jsonl")
    read = {path for path in opened(base, name) if not path.endswith(unread_suffixes)}
    # evaluate reads what bytes are scaled by; these images are floats: see test_uint8_images.py.
    unread = {"data/processed/preprocessing.json"} if name == "evaluate" else set()
    assert read - {"params.yaml"} == files(base, data_dependencies(name)) - unread


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_reads_params_yaml_if_it_has_parameters(base, name):
    assert ("params.yaml" in opened(base, name)) == ("params" in PIPELINE[name])


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("fetch", ["fetch", "model.output", "preprocess.colour", "preprocess.size"]),
        ("preprocess", ["preprocess", "preprocess.size"]),
        ("train", ["model", "numerics", "train"]),
        ("evaluate", ["numerics"]),
        (
            "report",
            ["fetch", "model", "numerics", "preprocess", "preprocess.size", "report", "train"],
        ),
    ],
)
def test_a_stage_depends_on_its_own_sections_of_params_yaml(name, sections):
    assert PIPELINE[name]["params"] == sections


def test_every_listed_output_is_written_and_nothing_else(base):
    listed = [path for stage in PIPELINE.values() for path in outputs(stage)]
    written = files(base, ["data", "models", "reports"]) - files(base, ["data/samples"])
    assert written - {"models/.gitkeep"} == files(base, listed)


@pytest.mark.parametrize("name", STAGES)
def test_no_list_of_dependencies_holds_a_file_twice(name):
    assert len(set(PIPELINE[name]["deps"])) == len(PIPELINE[name]["deps"])


@pytest.mark.parametrize("name", STAGES)
def test_metrics_are_kept_in_git_and_never_in_the_cache(name):
    metrics = PIPELINE[name].get("metrics", [])
    assert all(options == {"cache": False} for entry in metrics for options in entry.values())


def test_the_lock_names_no_index_and_no_address():
    text = "\n".join(REQUIREMENTS + ALL_REQUIREMENTS)
    assert not re.search(r"://|--(?:extra-)?index|--find-links", text)


def test_the_lock_for_developers_has_what_the_pipeline_needs_and_more():
    pins, all_pins = (
        {text.split()[0] for text in texts} for texts in (REQUIREMENTS, ALL_REQUIREMENTS)
    )
    assert pins < all_pins


@pytest.mark.parametrize("text", ALL_REQUIREMENTS, ids=lambda text: text.split(" ", 1)[0])
def test_every_requirement_is_an_exact_version_with_a_hash(text):
    assert re.match(r"[\w.-]+==\S+( ; [^\\]+)? \\\n +--hash=sha256:[0-9a-f]{64}", text)
