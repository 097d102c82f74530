"""CHANGELOG.md: the lines for an older params.yaml are those that DVC needs."""

import re

from stages.shared import yaml12
from stages.shared.dotted_keys import flatten, value_at
from stages.shared.fingerprint import ROOT
from stages.shared.params import Params, validate

TEXT = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
(LINES,) = re.findall(r"^  ```yaml\n(.*?)^  ```$", TEXT, re.DOTALL | re.MULTILINE)
ADDED = yaml12.load(LINES)
# Of the last version; DVC needs no more of a section than that it is there.
SECTIONS = ("fetch", "model", "numerics", "preprocess", "train")


def test_an_older_file_with_the_lines_has_all_that_dvc_needs():
    pipeline = (ROOT / "dvc.yaml").read_text(encoding="utf-8")
    stages = yaml12.load(pipeline)["stages"].values()
    needed = {key for stage in stages for key in stage.get("params", ())}
    needed |= set(re.findall(r"\$\{([\w.]+)\}", pipeline))
    missing = needed - set(SECTIONS)
    assert missing
    for key in missing:
        value_at(ADDED, key)


def test_the_lines_are_the_defaults():
    defaults = validate(Params, {}, "").model_dump(mode="json")
    for key, value in flatten(ADDED):
        assert value == value_at(defaults, key)
