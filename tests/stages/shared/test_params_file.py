"""params.yaml as a file: the project's own, a missing one, and those that no person would write."""

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import reduce
from operator import getitem

import pytest
from dvc.stage.cache import _get_cache_hash
from pipeline_repository import ROOT
from pydantic import BaseModel, ValidationError

from stages.shared import yaml12
from stages.shared.params import Params, ParamsError, load_params

# Reads params.yaml in a process of bounded memory and computing time.
BOUNDED = """\
import resource
import sys
from pathlib import Path

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (5, 5))

from stages.shared.params import ParamsError, load_params

try:
    load_params(Path(sys.argv[1]))
except ParamsError:
    print("refused")
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "params.yaml"


def keys(values: dict, above: str = "") -> Iterator[str]:
    for key, value in values.items():
        yield above + key
        if isinstance(value, dict):
            yield from keys(value, f"{above}{key}.")


def schema(settings: object, above: str = "") -> Iterator[str]:
    """Yield the dotted keys of nested settings."""
    if isinstance(settings, BaseModel):
        names = type(settings).model_fields
    elif dataclasses.is_dataclass(settings):
        names = [field.name for field in dataclasses.fields(settings)]
    else:
        return
    for name in names:
        yield above + name
        yield from schema(getattr(settings, name), f"{above}{name}.")


def test_the_projects_parameters_spell_out_every_key_in_the_order_of_the_schema():
    written = yaml12.load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    # What a sweep may hold is its own stage's to say.
    assert list(keys(written | {"sweep": {}})) == list(schema(Params()))


def test_lists_are_written_as_blocks_and_null_as_nothing():
    """So that the first `dvc exp run -S`, which rewrites the file, changes one line."""
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    assert not re.search(r"[\[{~]|\bnull\b", text)


@pytest.mark.parametrize("section", ["fetch", "preprocess", "model", "train"])
def test_a_section_is_frozen(section):
    settings = getattr(Params(), section)
    with pytest.raises((ValidationError, dataclasses.FrozenInstanceError), match=r"frozen|assign"):
        setattr(settings, next(iter(schema(settings))), None)


def test_the_whole_is_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Params().train = None


def test_a_missing_file_is_named(path):
    with pytest.raises(ParamsError, match=r"params\.yaml can't be read: No such file or directory"):
        load_params(path)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ParamsError, match="can't be read: Is a directory"):
        load_params(tmp_path)


def test_a_byte_order_mark_is_no_part_of_the_first_key(path):
    path.write_bytes(b"\xef\xbb\xbftrain: {lr: 2}\n")
    assert load_params(path).train.lr == 2.0


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "train: {lr: 1}".encode("utf-16"),
        b"train: \x00",
        b"\x1f\x8b\x08\x00",
        b"train: [1",
        b"train:\n\tlr: 1",
        b"a: 1\n---\nb: 2",
        b"train: {lr: 1, lr: 2}",
        b"? [a]\n: 1",
        b"[" * 5000 + b"]" * 5000,
        b"train: &a [*a]",
        b"train: &a {lr: *a}",
        b"train: {keep: !!binary aGVsbG8=}",
        b"train: !!set {lr}",
        b"train: {keep: !!timestamp 2001-01-01}",
        b"!!timestamp 2001-01-01: 1",
        b"train: {keep: !own last}",
        b"train: {seed: " + b"9" * 5000 + b"}",
        b"train: {seed: 0x" + b"F" * 5000 + b"}",
        b"train: {seed: !!int abc}",
        b"train: {lr: !!float abc}",
        b"train: {keep: !!bool abc}",
        b"train: {keep: !!timestamp abc}",
        b'train: {keep: "\\ud800"}',
        b"[" * 200 + b"]" * 200,
    ],
    ids=lambda content: repr(content[:30]),
)
def test_what_holds_no_parameters_is_refused_in_one_line_that_names_the_file(path, content):
    path.write_bytes(content)
    with pytest.raises(ParamsError) as refusal:
        load_params(path)
    assert str(path) in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_python_object_is_refused_and_not_made(path, tmp_path):
    trace = tmp_path / "trace"
    path.write_text(f"train: !!python/object/apply:os.mkdir [{trace}]", encoding="utf-8")
    with pytest.raises(ParamsError, match="could not determine a constructor for the tag"):
        load_params(path)
    assert not trace.exists()


def test_aliases_that_multiply_are_refused_within_bounds_of_memory_and_time(path):
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    path.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-c", BOUNDED, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "refused\n", done.stderr[-500:]


@pytest.mark.parametrize("key", ["a\\nb", "\\e[31mred"])
def test_a_key_of_control_characters_is_shown_escaped(path, key):
    path.write_text(f'train: {{"{key}": 1}}', encoding="utf-8")
    with pytest.raises(ParamsError) as refusal:
        load_params(path)
    assert str(refusal.value).isprintable()


def run_cache_key(params):
    """Return DVC's key for a stage with these parameters, as dvc.lock has them."""
    return _get_cache_hash({"cmd": "x", "params": {"params.yaml": params}}, key=True)


def values_of(stage, params):
    """Return the parameters of a stage by the names under which dvc.yaml lists them."""
    return {name: reduce(getitem, name.split("."), params) for name in stage.get("params", [])}


@pytest.mark.parametrize("file", ["dvc.yaml", "sweep/dvc.yaml"])
def test_a_change_of_any_key_changes_the_key_of_dvcs_run_cache(file):
    """It leaves out every nested `size` and `nfiles`, so a stage must list them by full names."""
    # As JSON: copies of YAML's mappings take a second each.
    text = json.dumps(yaml12.load((ROOT / "params.yaml").read_text(encoding="utf-8")))
    params = json.loads(text)
    stages = yaml12.load((ROOT / file).read_text(encoding="utf-8"))["stages"].values()
    unseen = []
    for stage in stages:
        if not isinstance(stage.get("params", [""])[0], str):
            continue
        before = values_of(stage, params)
        for key in keys(params):
            changed = json.loads(text)
            *sections, last = key.split(".")
            section = reduce(getitem, sections, changed)
            if isinstance(section[last], dict):
                continue
            section[last] = "changed"
            after = values_of(stage, changed)
            if after != before and run_cache_key(after) == run_cache_key(before):
                unseen.append((stage["cmd"], key))
    assert unseen == []


def test_the_key_of_dvcs_run_cache_passes_over_a_nested_size():
    """Without this, the test above tests nothing."""
    assert run_cache_key({"a": {"size": 1}}) == run_cache_key({"a": {"size": 2}})
    assert run_cache_key({"a.size": 1}) != run_cache_key({"a.size": 2})


SECTIONS = """\
recipes:
  small:
    data: all
    settings:
      train: {lr: 0.5}
  wrong:
    settings:
      train: {lr: 0}
"""


def test_a_section_is_read_as_a_whole_file_would_be(path):
    path.write_text(SECTIONS)
    params = load_params(path, "recipes.small.settings")
    assert (params.train.lr, params.model) == (0.5, Params().model)


def test_a_fault_in_a_section_is_named_with_the_section(path):
    path.write_text(SECTIONS)
    with pytest.raises(ParamsError) as caught:
        load_params(path, "recipes.wrong.settings")
    fault = "train.lr must be a finite number above 0, got 0.0"
    assert str(caught.value) == f"{path}, recipes.wrong.settings: {fault}"


@pytest.mark.parametrize("section", ["recipes.none", "recipes.small.data.more", "x", "recipes..y"])
def test_a_section_that_is_not_there_is_refused(path, section):
    path.write_text(SECTIONS)
    with pytest.raises(ParamsError, match=f"expected a section {re.escape(section)}, got none"):
        load_params(path, section)
