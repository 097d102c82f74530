"""docs/own-data.md: the commands for arrays, tables, named data sets and URLs are typed."""

import gzip
import hashlib
import json
import os
import re
import shutil
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from idx_files import idx
from pipeline_repository import Repository, create

from nncore.data.idx import read_images, read_labels
from stages.formats.catalogue import DATASETS
from stages.shared import yaml12
from stages.shared.fingerprint import ROOT
from stages.shared.params import Params, validate

PAGE = (ROOT / "docs/own-data.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*)\n((?:(?!## ).*\n?)*)", PAGE, re.MULTILINE))
TYPED = ("NumPy arrays", "A table of pixels", "Named data sets", "A file on the Web")
DIGITS = ROOT / "data/samples/mnist-5k"
LETTERS = np.random.default_rng(0).integers(0, 256, (260, 4, 3), np.uint8)

# The commands download a file from this computer.
pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def script(section):
    """Return the commands of a section's console blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```$", SECTIONS[section], re.DOTALL | re.MULTILINE)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line[0] in "$>"]
    return "\n".join(lines) + "\n"


def emnist(path):
    """Write a zip file like NIST's, with ten images for each letter; return its digest."""
    labels = np.tile(np.arange(1, 27, dtype=np.uint8), 10)
    with zipfile.ZipFile(path, "w") as archive:
        for part in ("letters", "digits"):
            for split in ("train", "test"):
                for name, array in {"images-idx3": LETTERS, "labels-idx1": labels}.items():
                    content = gzip.compress(idx(array))
                    archive.writestr(f"gzip/emnist-{part}-{split}-{name}-ubyte.gz", content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """Type the commands; return the folder that has data/raw after each section."""
    home = tmp_path_factory.mktemp("typed")
    repo = create(home)
    repo.set(train__epochs=1)
    shutil.copytree(DIGITS, repo["data/samples/mnist-5k"])
    (home / "bin").mkdir()
    (home / "bin/curl").write_text(f'#!/bin/sh\ncp {home}/letters.zip "$(basename "$3")"\n')
    (home / "bin/curl").chmod(0o755)
    digest = emnist(home / "letters.zip")
    # The network that tests block is needed here, up to this computer.
    del repo.environment["PYTHONPATH"]
    repo.environment |= {"NO_PROXY": "127.0.0.1"}
    repo.environment["PATH"] = os.pathsep.join([str(home / "bin"), repo.environment["PATH"]])
    handler = partial(SimpleHTTPRequestHandler, directory=home / "served")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        commands = ["set -e -o pipefail", "exec 2>&1"]
        for number, section in enumerate(TYPED):
            commands += [script(section), f"cp -r data/raw {home}/{number}"]
            commands += [f"cp reports/test.json {home}/{number}/", f"mkdir -p {home}/served"]
            commands += [f"mv data/digits.npz {home}/served/"] if section == TYPED[-2] else []
        text = "\n".join(commands).replace("URL/", f"http://127.0.0.1:{server.server_port}/")
        (published,) = set(re.findall(r"[0-9a-f]{64}", text))
        repo.record("bash", "-c", text.replace(published, digest))
        server.shutdown()
    return home


def same_pixels(typed, section, split, expected):
    images = read_images(typed / str(TYPED.index(section)) / f"{split}-images-idx3-ubyte")
    np.testing.assert_array_equal(images, expected)


@pytest.mark.parametrize("section", TYPED)
def test_the_pipeline_runs_to_its_end(typed, section):
    test = json.loads((typed / str(TYPED.index(section)) / "test.json").read_text())
    assert 0 <= test["accuracy"] <= 1


@pytest.mark.parametrize("section", ["NumPy arrays", "A file on the Web"])
@pytest.mark.parametrize("split", ["train", "t10k"])
def test_arrays_are_written_as_they_are(typed, section, split):
    same_pixels(typed, section, split, read_images(DIGITS / f"{split}-images-idx3-ubyte.gz"))
    folder = typed / str(TYPED.index(section))
    np.testing.assert_array_equal(
        read_labels(folder / f"{split}-labels-idx1-ubyte"),
        read_labels(DIGITS / f"{split}-labels-idx1-ubyte.gz"),
    )


def test_a_table_is_split_as_the_page_says(typed):
    folder = typed / str(TYPED.index("A table of pixels"))
    train, test = (read_images(folder / f"{name}-images-idx3-ubyte") for name in ("train", "t10k"))
    assert (len(train), len(test)) == (3200, 800)
    both = {image.tobytes() for image in np.concatenate([train, test])}
    assert both == {image.tobytes() for image in read_images(DIGITS / "train-images-idx3-ubyte.gz")}


def test_a_table_without_labels_becomes_a_submission(typed):
    head, *rows = (Repository(typed).root / "submission.csv").read_text().splitlines()
    numbers, labels = zip(*(map(int, row.split(",")) for row in rows), strict=True)
    assert (head, numbers) == ("ImageId,Label", tuple(range(1, 501)))
    assert set(labels) <= set(range(10))


def test_letters_stand_upright(typed):
    same_pixels(typed, "Named data sets", "train", LETTERS.transpose(0, 2, 1))
    folder = typed / str(TYPED.index("Named data sets"))
    labels = read_labels(folder / "train-labels-idx1-ubyte")
    assert labels.tolist() == 10 * list(range(26))


def test_the_shell_answers_as_shown(typed):
    (shown,) = re.findall(r"^gzip.zip: OK$", SECTIONS["Named data sets"], re.MULTILINE)
    assert shown in (typed / "output").read_text(encoding="utf-8").splitlines()


def test_the_keys_of_idx_files_are_valid():
    (block,) = re.findall(r"```yaml\n(.*?)```", SECTIONS["IDX files"], re.DOTALL)
    custom = validate(Params, yaml12.load(block), "own-data.md").fetch.custom
    assert (custom.transpose, custom.first_label) == (True, 1)


def test_the_table_of_named_data_sets_is_that_of_the_catalogue():
    pattern = r"^\| `([a-z-]+)` \|[^|]*\| (\d+) \| ([\d,]+) and ([\d,]+) \|"
    rows = re.findall(pattern, PAGE, re.MULTILINE)
    shown = {name: tuple(int(cell.replace(",", "")) for cell in row) for name, *row in rows}
    # Sizes are those of the files of images: a header of 16 bytes, and 784 for each image.
    assert shown == {
        name: (
            len(entry.class_names),
            *((entry.sizes[key] - 16) // 784 for key in ("train_images", "test_images")),
        )
        for name, entry in DATASETS.items()
        if name != "mnist-5k"
    }
