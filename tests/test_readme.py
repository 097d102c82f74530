"""What README.md says is so."""

import hashlib
import json
import re
import subprocess
import sys

import numpy as np
import pytest

from nncore.architecture import Architecture
from nncore.model import Model
from nncore.network import Network
from nncore.persistence import save_model
from nncore.preprocessing import Scaling
from stages import yaml12
from stages.imports import ROOT


def committed(name):
    """Return a file as it was committed: an experiment may have changed it in the workspace."""
    command = ["git", "show", f"HEAD:{name}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


README = (ROOT / "README.md").read_text(encoding="utf-8")


def leaves(values, prefix=""):
    """Return dotted keys and their values; a list is a value."""
    found = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= leaves(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def test_table_has_every_parameter_with_its_value():
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|(.*?)\|", README, re.MULTILINE)
    table = {key: yaml12.load(default.strip("` ")) for key, default in rows}
    assert table == leaves(yaml12.load(committed("params.yaml")))


def test_library_example_runs_as_it_stands(tmp_path):
    code, _ = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    network = Network(Architecture(hidden=(4,)), inputs=784, outputs=10)
    digits = tuple("0123456789")
    (tmp_path / "models").mkdir()
    save_model(tmp_path / "models/model.npz", Model(network, digits, (28, 28), Scaling(0.0, 255.0)))
    (tmp_path / "data/raw").mkdir(parents=True)
    header = np.array([0x803, 6, 28, 28], ">u4").tobytes()
    (tmp_path / "data/raw/t10k-images-idx3-ubyte").write_bytes(header + bytes(6 * 784))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *_, total, accuracy, predicted = done.stdout.splitlines()
    assert total.split() == ["total", "42"]
    assert accuracy == "1.0"
    assert predicted == "['0', '0', '0', '0', '0'] [0.1 0.1 0.1 0.1 0.1]"


DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")]
LINKS = sorted(
    {
        (document.relative_to(ROOT).as_posix(), link)
        for document in DOCUMENTS
        for link in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8"))
    }
)


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_link_leads_somewhere(document, link):
    assert link.startswith("https://") or (ROOT / document).parent.joinpath(link).exists()


def test_results_are_the_committed_pipelines():
    test = json.loads(committed("reports/test.json"))
    assert f"{test['accuracy']:.1%} on its 1,000 test images" in README.replace(" %", "%")


def test_picture_is_the_committed_pipelines():
    lock = yaml12.load(committed("dvc.lock"))
    outputs = {out["path"]: out["md5"] for out in lock["stages"]["report"]["outs"]}
    picture = (ROOT / "docs/pictures/mistakes.png").read_bytes()
    digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
    assert digest == outputs["reports/mistakes.png"]
