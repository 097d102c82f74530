"""docs/diagnose.md: what it shows is what the programs print."""

import re
import shutil
import subprocess
import sys

from nncore.diagnosis.diagnose import NAMES
from stages.shared.fingerprint import ROOT

PAGE = (ROOT / "docs/diagnose.md").read_text(encoding="utf-8")


def run(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_default_network_with_a_rate_of_5_gets_the_finding_that_the_page_shows(tmp_path):
    (shown,) = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    shutil.copytree(ROOT / "data/samples", tmp_path / "data/samples")
    params = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(params.replace("lr: 0.04", "lr: 5"), encoding="utf-8")
    for stage in ("fetch", "preprocess"):
        done = run(tmp_path, "-m", f"stages.{stage}")
        assert done.returncode == 0, done.stderr
    done = run(tmp_path, "-m", "stages.diagnose")
    assert (done.returncode, done.stderr) == (3, "")
    assert f"\n{shown}\n" in done.stdout


def test_the_programs_example_prints_its_comments(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    done = run(tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"print\(.*\)\s*# (.*)", code) == done.stdout.splitlines()


def test_the_page_names_every_finding_and_no_other():
    cells = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    assert sorted(re.findall(r"`(.*?)`", " ".join(cells))) == sorted(NAMES)


def test_the_commands_options_are_those_of_the_page(tmp_path):
    (line,) = re.findall(r"^    python -m nncore\.cli (diagnose .*)$", PAGE, re.MULTILINE)
    text = run(tmp_path, "-m", "nncore.cli", "diagnose", "--help").stdout
    options = re.findall(r"--[a-z-]+", line) + re.findall(r"`(--[a-z]+) [A-Za-z.]+`", PAGE)
    assert {"--hidden", "--model", "--csv"} <= set(options)
    assert [option for option in options if option not in text and option != "--png"] == []
