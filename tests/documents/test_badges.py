"""The badges of the README: the picture is made from files of the project, and has a text."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs/pictures/badges.svg"
README = (ROOT / "README.md").read_text(encoding="utf-8")
(TITLE,) = re.findall("<title>(.*?)</title>", PICTURE.read_text(encoding="utf-8"))


def test_the_picture_is_what_the_program_draws(tmp_path):
    path = tmp_path / "badges.svg"
    subprocess.run([sys.executable, "-m", "docs.badges", str(path)], check=True, cwd=ROOT)
    assert path.read_bytes() == PICTURE.read_bytes()


def test_the_readme_has_their_text():
    assert f"![{TITLE}](docs/pictures/badges.svg)" in README


def test_the_versions_are_those_that_the_readme_asks_for():
    required = re.search(r"Python (3\.\d+) to (3\.\d+)", README.split("## Start")[1])
    assert f"Python: {required[1]} to {required[2]}" in TITLE
