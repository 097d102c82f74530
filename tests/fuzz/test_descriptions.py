"""The JSON files between the stages, changed anywhere: read as another reader does, or refused."""

import json
import re

import numpy as np
import pytest
from fuzzing import EXAMPLES, archive_changes, changed_json, counted, edited, edits, variants
from hypothesis import given
from hypothesis import strategies as st
from page_results import data_report
from table_models import COLUMNS

from nncore.data.target import Target
from nncore.errors import NncoreError
from stages.page.images.data import data
from stages.preprocessing.images import read_dataset
from stages.shared.data_report_inputs import read_data_report
from stages.shared.file_names import read_names
from stages.shared.prepared import ImageDescription, read_description
from stages.shared.raw_tables import read_raw_table

NAMES = ("a", "<script>", "お")
COUNTS = {"train": 3, "validation": 0, "test": 2}
FILES = {"train": ["a/1.png", "a/2.png", "b/<3>.png"], "validation": [], "test": ["c/4", "c/5"]}
GROUPS = [["a/1.png", "c/4"], ["b/<3>.png", "c/5"]]


def report():
    """Return a report on the data with the names of files."""
    content = data_report(NAMES)
    within = dict.fromkeys(COUNTS, GROUPS)
    keys = set(content["duplicates"]) - {"within"}
    content["duplicates"]["files"] = dict.fromkeys(keys, GROUPS) | {"within": within}
    return content | {"warnings": ["3 <test> images are training images too"]}


def judge_dataset(folder, content):
    names, pictures = read_dataset(folder / "dataset.json")
    assert (names, pictures) == (content["class_names"], content["pictures"])
    assert len(set(names)) == len(names) >= 2
    "".join(names).encode()


def judge_raw_table(folder, content):
    table = read_raw_table(folder)
    if table is None:
        # The reader of images refuses it.
        read_dataset(folder / "dataset.json")
    columns = [(column["name"], column["categories"]) for column in content["columns"]]
    assert columns == [(name, _list(some)) for name, some in table.columns.items()]
    assert content["class_names"] == _list(table.class_names)
    assert content["target"] == table.target
    assert all(isinstance(name, str) for name in (*table.columns, table.target))


def judge_names(folder, content):
    names = read_names(folder, COUNTS)
    assert names == {} == content["names"] or names == {
        split: content["names"][split] for split in COUNTS
    }


def judge_description(folder, content):
    description = read_description(folder / "preprocessing.json")
    names = description.class_names
    assert content["class_names"] == _list(names)
    if isinstance(description, ImageDescription):
        assert list(description.image_shape) == content["image_shape"]
        assert np.isfinite(description.scaling.table()).all()
        description.grid()
    else:
        # What is missing has its default.
        for got, column in zip(description.columns.to_json(), content["columns"], strict=True):
            assert _with_floats(got | column) == _with_floats(got)
        assert description.outputs >= 1


def judge_report(folder, content):
    section = data(read_data_report(folder / "data.json", NAMES), NAMES)
    assert "<script" not in section
    assert str(content["images"]["train"]["levels"]) in section


IMAGES = {"format": "nncore preprocessing 1", "class_names": NAMES, "image_shape": [4, 3, 3]}
TABLE = {"format": "nncore preprocessing 1", "class_names": NAMES, "columns": COLUMNS.to_json()}
KINDS = {
    "dataset.json, images": (
        *("dataset.json", judge_dataset),
        {"format": "nncore raw images 1", "class_names": NAMES, "pictures": "as-is"},
    ),
    "dataset.json, table": (
        *("dataset.json", judge_raw_table),
        {
            "format": "nncore raw table 1",
            "class_names": NAMES,
            "columns": [
                {"name": "age", "categories": None},
                {"name": "town", "categories": ["x", "y"]},
            ],
            "target": "price",
        },
    ),
    "files.json": ("files.json", judge_names, {"format": "nncore file names 1", "names": FILES}),
    "preprocessing.json, images": (
        *("preprocessing.json", judge_description),
        IMAGES | {"pictures": "as-is", "pixel_mean": 33.5, "pixel_std": 80.0},
    ),
    "preprocessing.json, table": (
        *("preprocessing.json", judge_description),
        TABLE | {"target": vars(Target(name="price", mean=1.0, std=2.0))},
    ),
    "data.json": ("data.json", judge_report, report()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_description_is_read_or_refused_in_a_line(tmp_path, kind):
    name, judge, sound = KINDS[kind]
    text = json.dumps(sound, ensure_ascii=False).encode()

    @EXAMPLES
    @given(
        st.one_of(
            st.tuples(st.just(edited), edits), st.tuples(st.just(changed_json), archive_changes)
        )
    )
    def holds(drawn):
        change, changes = drawn
        for variant in variants(changes):
            check(change(text, variant))

    def check(content):
        (tmp_path / name).write_bytes(content)
        try:
            judge(tmp_path, _parsed(content))
        except NncoreError as error:
            refusals.add(str(error))
            answers["refused"] += 1
        else:
            answers["accepted"] += 1

    refusals = set()
    with counted(kind) as answers:
        check(text)
        assert answers["accepted"]
        holds()
    if kind == "preprocessing.json, table":
        # Python gives an unknown key as it is; tests/stages/test_command_lines.py has the output.
        key = re.compile(
            r"(?<=got an unexpected keyword argument ').*(?='; run preprocess)", re.DOTALL
        )
        refusals = {key.sub("", refusal) for refusal in refusals}
    assert [refusal for refusal in refusals if not refusal.isprintable()] == []


def _list(values):
    return None if values is None else list(values)


def _with_floats(values):
    return json.loads(json.dumps(values), parse_int=float)


def _parsed(content):
    """Return JSON as Python reads it; None if it does not."""
    try:
        return json.loads(content)
    except (RecursionError, ValueError):
        return None
