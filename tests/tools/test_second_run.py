"""What each Python process of the second run does first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.verification.circumstances import SITECUSTOMIZE, clock_environment, find_faketime
from tools.verification.second_run import sitecustomize

NAMES = ("a", "b", "c", "d")
# Prints the names in the folder "names" as each of the standard library's ways lists them.
LIST = """\
import glob, os, pathlib, shutil
print(*os.listdir("names"))
print(*[os.fsdecode(name) for name in os.listdir(b"names")])
print(*[entry.name for entry in os.scandir("names")])
print(*glob.glob("*", root_dir="names"))
print(*[path.name for path in pathlib.Path("names").iterdir()])
print(*[path.name for path in pathlib.Path("names").glob("*")])
print(*next(os.walk("names"))[2])
shutil.rmtree("names")
print(os.path.exists("names"))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "names").mkdir()
    for name in NAMES:
        (tmp_path / "names" / name).touch()
    return tmp_path


def listed(folder, **variables):
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def install(folder):
    """Install it as the second run does; return the variable that Python reads."""
    (folder / "python").mkdir()
    (folder / "python" / "sitecustomize.py").write_bytes(SITECUSTOMIZE.read_bytes())
    return str(folder / "python")


def test_every_way_to_list_a_folder_is_reversed_in_a_stage(folder):
    order = [path.name for path in (folder / "names").iterdir()]
    lines = listed(folder, PYTHONPATH=install(folder), DVC_ROOT=str(folder))
    assert lines == [" ".join(reversed(order))] * 7 + ["False"]


def test_outside_of_stages_the_order_is_as_it_is(folder):
    order = [path.name for path in (folder / "names").iterdir()]
    assert listed(folder, PYTHONPATH=install(folder)) == [" ".join(order)] * 7 + ["False"]


def test_the_sitecustomize_that_it_hides_is_run(folder):
    (folder / "theirs").mkdir()
    (folder / "theirs" / "sitecustomize.py").write_text("print('theirs', __name__)\n")
    path = os.pathsep.join([install(folder), str(folder / "theirs")])
    assert listed(folder, PYTHONPATH=path)[0] == "theirs sitecustomize"


def test_a_listing_is_a_context_manager_that_can_be_closed(folder):
    with sitecustomize.scandir(folder / "names") as entries:
        next(entries)
        entries.close()
        assert list(entries) == []


def test_a_descriptor_can_be_listed(folder):
    descriptor = os.open(folder / "names", os.O_RDONLY)
    try:
        assert sorted(sitecustomize.listdir(descriptor)) == list(NAMES)
    finally:
        os.close(descriptor)


def test_a_folder_that_is_missing_raises_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        sitecustomize.scandir(Path(tmp_path, "missing"))


def test_a_wait_under_libfaketime_takes_as_long_as_it_should(folder):
    """Neither an error at once, nor 400 days."""
    if not find_faketime():
        pytest.skip("expected libfaketime, got none; install faketime")
    code = (
        "import time\nbegin = time.monotonic(); time.sleep(0.05)\n"
        "print(0.05 <= time.monotonic() - begin < 86400)"
    )
    variables = {"PYTHONPATH": install(folder), **clock_environment(find_faketime())}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
