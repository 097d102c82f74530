"""README.md and the pages that it leads to: their figures, examples and links are true."""

import hashlib
import json
import re
import subprocess
import sys
from statistics import median

import numpy as np
import pytest

from benchmarks.accuracy.result import Run
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from stages.shared import yaml12
from stages.shared.fingerprint import ROOT


def committed(name):
    """Return a file as it was committed: an experiment may have changed it in the workspace."""
    command = ["git", "show", f"HEAD:{name}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


README = page("README.md")


def leaves(values, prefix=""):
    """Return dotted keys and their values; a list is a value."""
    result = {}
    for key, value in values.items():
        if isinstance(value, dict):
            result |= leaves(value, f"{prefix}{key}.")
        else:
            result[prefix + key] = value
    return result


def test_table_has_every_parameter_with_its_value():
    text = page("docs/parameters.md")
    rows = re.findall(r"^\| `([a-z0-9_.]+)` \|(.*?)\|", text, re.MULTILINE)
    table = {key: yaml12.load(default.strip("` ")) for key, default in rows}
    assert table == leaves(yaml12.load(committed("params.yaml")))


def test_library_examples_run_as_they_stand(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", page("docs/library.md"), re.DOTALL)
    assert sum(bool(line) for line in blocks[0].splitlines()) <= 8
    code = "\n".join(blocks)
    network = Network(Architecture(hidden=(4,)), inputs=784, outputs=10)
    digits = tuple("0123456789")
    (tmp_path / "models").mkdir()
    save(tmp_path / "models/model.npz", Model(network, digits, (28, 28), Normalization(0.0, 255.0)))
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
    lines = done.stdout.splitlines()
    assert lines[:2] == ["1.0", "['no' 'yes' 'yes' 'no']"]
    assert "['0' '0' '0' '0' '0'] [0.1 0.1 0.1 0.1 0.1]" in lines
    # The comments of the page are what is printed.
    printed = re.findall(r"print\(.*\)\s*# (.*)", code)
    assert [line for line in printed if line not in lines] == []


def test_the_readmes_library_example_prints_what_it_says():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert re.findall(r"# (\[.*)", code) == done.stdout.splitlines()


def markdown_files():
    command = ["git", "ls-files", "-z", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in filter(None, listed.split("\0")) if (ROOT / name).is_file()]


def without_code(text):
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def links(text):
    return re.findall(r"\]\(([^)\s]+)\)", without_code(text))


def anchors(text):
    """Return the names that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def fault(document, link):
    """Return what is wrong with a link of a page, or nothing."""
    if link.startswith("https://"):
        return ""
    name, _, anchor = link.partition("#")
    target = (ROOT / document).parent / name if name else ROOT / document
    if not target.exists():
        return f"no file {name}"
    if anchor and anchor not in anchors(target.read_text(encoding="utf-8")):
        return f"no heading {anchor}"
    return ""


LINKS = sorted(
    {(document, link) for document in markdown_files() for link in links(page(document))}
)


@pytest.mark.parametrize(("document", "link"), LINKS)
def test_link_leads_to_a_file_and_a_heading(document, link):
    assert fault(document, link) == ""


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("docs/nothing.md", "no file docs/nothing.md"),
        ("docs/data.md#nothing", "no heading nothing"),
        ("#nothing", "no heading nothing"),
        ("docs/data.md#your-own", ""),
        ("#what-it-reaches", ""),
    ],
)
def test_a_broken_link_is_found(link, expected):
    assert fault("README.md", link) == expected


# The changelog names programs of its versions.
PAGES = [name for name in markdown_files() if name != "CHANGELOG.md"]


@pytest.mark.parametrize("document", PAGES)
def test_every_make_target_on_a_page_exists(document):
    targets = re.findall(r"^([a-z][a-z -]*):(?!=)", page("Makefile"), re.MULTILINE)
    named = set(re.findall(r"(?:`|^ {4}|\$ )make ([a-z-]+)", page(document), re.MULTILINE))
    assert named - set(" ".join(targets).split()) == set()


def makefile_commands(target):
    """Return what a target installs and runs, without what it prints."""
    line, *commands = re.search(rf"^{target}.*:.*(?:\n\t.*)+", page("Makefile"), re.MULTILINE)[
        0
    ].split("\n\t")
    lock = {"environment": "requirements.lock", "environment-dev": "requirements-dev.lock"}
    installed = f"python tools/install.py {lock[line.split()[-1]]}"
    # The trap, and what follows ||, concern make's own message alone.
    plain = [command.lstrip("@").removeprefix("trap : INT; ") for command in commands]
    ran = [command.split(" || ")[0].replace("$@", target) for command in plain]
    return [installed, *(command for command in ran if not command.startswith("printf"))]


@pytest.mark.parametrize("target", ["repro", "verify", "watch", "sweep", "recipes", "test"])
def test_the_commands_without_make_are_those_of_the_makefile(target):
    text = page("docs/without-make.md")
    lines = set(text.splitlines())
    (row,) = re.findall(rf"^\| `make {target}` \| (.*) \|$", text, re.MULTILINE)
    installed, *commands = makefile_commands(target)
    if installed.endswith("requirements.lock"):
        # The page begins with it, once for each shell.
        assert {f"    {installed}", f"    {installed}".replace("python", "python3")} <= lines
    else:
        commands = [installed, *commands]
    assert re.findall(r"`([^`]+)`", row) == commands


@pytest.mark.parametrize("document", PAGES)
def test_every_program_on_a_page_exists(document):
    program = r"python -m ((?:benchmarks|docs|nncore|stages|tools)(?:\.\w+)*)"
    paths = [ROOT / name.replace(".", "/") for name in re.findall(program, page(document))]
    missing = [
        path
        for path in paths
        if not path.with_suffix(".py").is_file() and not (path / "__main__.py").is_file()
    ]
    assert missing == []


@pytest.mark.parametrize("document", PAGES)
def test_every_parameter_that_a_page_sets_exists(document):
    keys = re.findall(r"-S '?([a-z_]+(?:\.[a-z0-9_]+)+)=", page(document))
    assert set(keys) - leaves(yaml12.load(committed("params.yaml"))).keys() == set()


def test_every_page_is_linked_from_the_readme():
    # The index is the site's; here, README.md is one.
    pages = {name for name in markdown_files() if name.startswith("docs/")} - {"docs/index.md"}
    assert pages - {link.partition("#")[0] for link in links(README)} == set()


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 180


def test_the_forward_and_backward_pass_are_as_long_as_the_readme_says():
    ((name, lines),) = re.findall(r"\[one file\]\((.*?)\) of (\d+) lines", README)
    assert len(page(name).splitlines()) == int(lines)


def leaderboard(path):
    lines = page(path).splitlines()[2:]
    return [tuple(cell.strip() for cell in line.split("|")[1:-1])[:5] for line in lines]


def test_the_best_recipes_are_those_of_the_leaderboard():
    best = sorted(leaderboard("recipes/leaderboard.md"), key=lambda row: float(row[2]))[:5]
    assert [f"| {' | '.join(row)} |" for row in best] == re.findall(
        r"^\| [a-z0-9-]+ \| [0-9.]+ .*$", README, re.MULTILINE
    )


def test_the_errors_with_settings_of_our_own_are_the_committed_ones():
    def error(reports):
        metrics = json.loads(committed(f"recipes/best/{reports}/test.json"))
        return f"{metrics['error_percent']:.2f} %"

    maxnorm, ciresan = (
        error(f"reports/{name}-improved") for name in ("srivastava-2014-maxnorm", "ciresan-2010")
    )
    assert f"srivastava-2014-maxnorm has an error of {maxnorm}" in README
    assert f"ciresan-2010 one of {ciresan}" in README
    assert error("reports/best-mnist") == error("committee")
    assert f"a larger network and a committee of five {error('committee')} each" in README


def test_the_times_to_an_accuracy_are_those_recorded():
    report = json.loads(committed("benchmarks/results/accuracy.json"))
    runs = [Run(**values) for values in report["runs"]]
    peers = {
        "nncore, fast": ["nncore fast"],
        "JAX": ["JAX", "JAX thread"],
        "PyTorch, smoothing by products": ["PyTorch products", "PyTorch products worker"],
        "nncore, exact": ["nncore exact"],
        "PyTorch, smoothing by conv2d": ["PyTorch", "PyTorch worker"],
    }

    def seconds(peer):
        return median(run.seconds_to(report["target"]) for run in runs if run.peer == peer)

    times = [f"{min(map(seconds, ways)):.1f}" for ways in peers.values()]
    assert f"| {' | '.join(peers)} |\n|{'--:|' * len(peers)}\n| {' | '.join(times)} |\n" in README
    assert f"{report['network']} classifies {report['target']:.1%}".replace("%", " %") in README
    assert times == sorted(times, key=float)


def test_results_are_the_committed_pipelines():
    test = json.loads(committed("reports/test.json"))
    assert f"{test['accuracy']:.1%} on its 1,000 test images" in README.replace(" %", "%")


def test_picture_is_the_committed_pipelines():
    lock = yaml12.load(committed("dvc.lock"))
    outputs = {out["path"]: out["md5"] for out in lock["stages"]["report"]["outs"]}
    picture = (ROOT / "docs/pictures/mistakes.png").read_bytes()
    digest = hashlib.md5(picture, usedforsecurity=False).hexdigest()
    assert digest == outputs["reports/mistakes.png"]
