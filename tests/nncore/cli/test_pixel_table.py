"""`nncore predict` of a table of pixels: what is read, and each fault in one line."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nncore.cli.pixel_table import read_pixel_table
from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.errors import NncoreError
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network

ROWS = "0,1,2,3,4,5\n255,254,253,252,251,250\n"
HEADER = "pixel0,pixel1,pixel2,pixel3,pixel4,pixel5\n"
IMAGES = [[[0, 1, 2], [3, 4, 5]], [[255, 254, 253], [252, 251, 250]]]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text, name="test.csv"):
    path = Path(name)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(text, shape=(2, 3)):
    with pytest.raises(NncoreError) as error:
        read_pixel_table(written(text), shape)
    assert str(error.value).startswith("test.csv: ")
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix("test.csv: ")


@pytest.mark.parametrize(
    "text",
    [
        HEADER + ROWS,
        ROWS,
        (HEADER + ROWS).replace("\n", "\r\n"),
        f"\ufeff{HEADER}{ROWS}".rstrip("\n"),
        "a,b,c,Label ,d,e,f\n0,1,2,cat,3,4,5\n255,254,253,dog,252,251,250\n",
        'label,0,1,2,3,4,5\n7,0, 1,"2",3,4,5\n1,255,254,253,252,251,250\n',
    ],
    ids=["header", "no header", "CRLF", "BOM", "label in the middle", "numbered columns"],
)
def test_a_row_is_an_image(text):
    images = read_pixel_table(written(text), (2, 3))
    assert (images.tolist(), images.dtype) == (IMAGES, np.uint8)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "got an empty file"),
        ("0;1;2;3;4;5\n", "got one; are there commas between the cells?"),
        ("9,0,1,2,3,4,5\n", "got 7; if one has labels, call it label in a header"),
        ("label,a,b,c,d,e\n1,2,3,4,5,6\n", "got 5 beside the column label"),
        ("id,label,a,b,c,d,e,f\n", "got 7 beside the column label"),
        ("a,b,c,d,e,f,g,h\n", "got 8; remove columns that hold no pixels"),
    ],
)
def test_other_columns_than_those_of_an_image_are_refused(text, fault):
    assert refused(text) == f"expected 6 columns, the pixels of an image of 2 x 3, {fault}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            f"{HEADER}{ROWS}1,2,3\n",
            "expected 6 columns as in the first row, got 3 in line 4",
        ),
        (
            f"{ROWS}1,2,3,4,5,256\n",
            "expected integers from 0 to 255, got '256' in line 3, pixel 5",
        ),
        (f"{ROWS}1,2,0.5,4,5,6\n", "expected integers from 0 to 255, got '0.5' in line 3, pixel 2"),
        ("1,2,,4,5,6\n", "expected integers from 0 to 255, got '' in line 1, pixel 2"),
        (
            HEADER.encode() + b"\xff,1,2,3,4,5\n",
            "expected text in UTF-8, got another encoding in line 2; save it as CSV in UTF-8",
        ),
        (
            '1,2,3,4,5,"6\n',
            (
                "expected quotes in pairs in each line, got one in line 1; write spaces for line "
                "breaks in cells"
            ),
        ),
    ],
)
def test_a_fault_is_named_with_its_line(text, fault):
    assert refused(text) == fault


def test_a_model_of_colour_images_takes_no_table():
    assert refused(ROWS, (1, 2, 3)) == (
        "expected pictures or an .npy file, as the model takes colour images, got a table, which "
        "has grey ones"
    )


def test_a_table_takes_a_byte_for_each_pixel_and_little_more():
    row = ",".join(["255"] * 784) + "\n"
    path = written(row * 2000)
    tracemalloc.start()
    images = read_pixel_table(path, (28, 28))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # A growing array of bytes is copied now and then.
    assert images.shape == (2000, 28, 28)
    assert peak < 3 * images.size


@pytest.fixture
def run(run_nncore):
    """Return a function that classifies files with a model of the brighter half of 2 x 3 pixels."""
    network = Network(Architecture(hidden=()), inputs=6, outputs=2)
    network.weights[0][:3, 0] = network.weights[0][3:, 1] = 100
    save(Path("model.npz"), Model(network, ("top", "bottom"), (2, 3), Normalization()))
    return lambda *arguments: run_nncore("predict", "model.npz", *arguments)


def test_predict_sums_a_table_up_and_writes_a_row_for_each_image(run):
    written(HEADER + ROWS, "Test.CSV")
    code, output, errors = run("Test.CSV", "--output", "out.csv")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "Test.CSV: 2 images",
        "class   images  fraction  mean confidence",
        "top          1    50.0 %           97.2 %",
        "bottom       1    50.0 %           97.2 %",
    ]
    rows = [line.split(",")[:3] for line in Path("out.csv").read_text().splitlines()[1:]]
    assert rows == [["Test.CSV", "0", "bottom"], ["Test.CSV", "1", "top"]]


def test_a_damaged_table_is_a_line_and_all_else_is_classified(run):
    Image.new("L", (3, 2), 9).save("a.png")
    written("1,2\n")
    code, output, errors = run("test.csv", "a.png")
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith("nncore: test.csv: expected 6 columns, the pixels of an image")
    assert output.splitlines()[1].startswith("a.png")


def test_a_table_without_images_is_refused(run):
    written(HEADER)
    line = "nncore: test.csv: expected at least one sample, got none\n"
    assert run("test.csv") == (1, "", line)
