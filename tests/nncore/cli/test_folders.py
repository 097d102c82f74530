"""`nncore predict` of a folder, and of pictures for models of other things than digits."""

import json
import os
import shutil
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nncore.config.architecture import Architecture
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network
from nncore.text_tables import text_width

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def run(run_nncore):
    """Return a function that runs the command line in a new folder with a model."""
    save(Path("model.npz"), brightest_channel())
    return run_nncore


def brightest_channel(shape=(4, 6, 3)):
    """Return a model whose classes are the channels of an image, of which it sums all pixels."""
    network = Network(Architecture(hidden=()), inputs=int(np.prod(shape)), outputs=3)
    for channel in range(3):
        network.weights[0][channel::3, channel] = 1
    return Model(network, ("red", "green", "blue"), shape, Normalization())


def picture(path, colour, size=(6, 4), **options):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def classes(output):
    """Return the name and the class of each row of the tables of pictures."""
    tables = [text.partition("image  ")[2] or text for text in f"\n{output}".split("\n\n")]
    rows = (line for text in tables for line in text.splitlines() if line.endswith("%"))
    return [tuple(line.split()[:2]) for line in rows]


def test_a_picture_of_any_size_is_stretched_to_the_colour_images_of_the_model(run):
    left_red = Image.new("RGB", (60, 10), BLUE)
    left_red.paste(RED, (0, 0, 40, 10))
    left_red.save("wide.png")
    picture("green.webp", GREEN, (500, 300), lossless=True)
    code, output, errors = run("predict", "model.npz", "wide.png", "green.webp")
    assert (code, errors) == (0, "")
    assert classes(output) == [("wide.png", "red"), ("green.webp", "green")]


def test_a_grey_picture_has_its_grey_in_all_channels_and_a_colour_one_becomes_grey(run):
    Image.new("L", (6, 4), 99).save("grey.png")
    assert run("predict", "model.npz", "grey.png")[1].count("33.3 %") == 3
    network = Network(Architecture(hidden=()), inputs=1, outputs=2)
    network.weights[0][:] = 0, 100
    network.biases[0][:] = 50, 0
    save(Path("grey.npz"), Model(network, ("dark", "light"), (1, 1), Normalization()))
    # 0.587 and 0.114 of white, the weights of ITU-R BT.601.
    picture("green.png", GREEN)
    picture("blue.png", BLUE)
    output = run("predict", "grey.npz", "green.png", "blue.png")[1]
    assert classes(output) == [("green.png", "light"), ("blue.png", "dark")]


def test_describe_names_the_colours(run):
    lines = run("describe", "model.npz")[1].splitlines()
    assert "images         4 x 6 pixels in red, green and blue of 8 bits" in lines


def test_transparency_is_white(run):
    transparent = Image.new("RGBA", (6, 4), (255, 0, 0, 0))
    transparent.save("none.png")
    assert "33.3 %" in run("predict", "model.npz", "none.png")[1]


def test_a_set_of_colour_images_is_taken_as_it_is(run):
    images = np.zeros((2, 4, 6, 3), np.uint8)
    images[0, ..., 2], images[1, ..., 1] = 255, 255
    np.save("set.npy", images)
    assert run("predict", "model.npz", "set.npy")[1].splitlines()[1:] == [
        "class  images  fraction  mean confidence",
        "red         0     0.0 %",
        "green       1    50.0 %          100.0 %",
        "blue        1    50.0 %          100.0 %",
    ]
    np.save("grey.npy", images[..., 0])
    line = "nncore: grey.npy: expected 4 x 6 x 3 pixels, got 4 x 6\n"
    assert run("predict", "model.npz", "grey.npy") == (1, "", line)


def test_the_pictures_of_a_folder_come_in_the_order_of_their_code_points(run):
    """Not that of the file system, nor of a locale, in which a comes before Z and é before f."""
    names = ["Z.png", "a.png", "b/c.JPG", "b/d.png", "b.png", "f.png", "é.png", "字.png"]
    for name in reversed(names):
        picture(Path("photos", name), RED)
    decomposed = unicodedata.normalize("NFD", "photos/é2.png")
    picture(decomposed, RED)
    code, output, errors = run("predict", "model.npz", "photos")
    assert (code, errors) == (0, "")
    expected = ["Z.png", "a.png", "b.png", "b/c.JPG", "b/d.png", "f.png"]
    expected += ["é.png", unicodedata.normalize("NFD", "é2.png"), "字.png"]
    assert [name for name, _ in classes(output)] == expected


def test_other_files_are_counted_in_one_line(run):
    picture("photos/a.png", RED)
    Path("photos/notes.txt").write_text("no picture")
    Path("photos/.hidden.png").write_bytes(Path("photos/a.png").read_bytes())
    code, output, errors = run("predict", "model.npz", "photos/")
    assert (code, classes(output)) == (0, [("a.png", "red")])
    assert errors == (
        "nncore: photos: 2 files are left out, for instance .hidden.png (hidden, or a file of the "
        "system)\n"
    )


def test_an_unreadable_picture_is_a_line_and_exit_code_1(run):
    picture("photos/a.png", RED)
    Path("photos/b.png").write_bytes(b"no picture")
    code, output, errors = run("predict", "model.npz", "photos")
    assert (code, classes(output)) == (1, [("a.png", "red")])
    assert errors.startswith("nncore: photos/b.png: expected a picture (PNG, ")
    assert errors.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes and links")
def test_pipes_and_links_that_leave_the_folder_are_not_opened(run):
    """To open a pipe would never end."""
    picture("photos/a.png", RED)
    picture("secret/b.png", RED)
    os.mkfifo("photos/pipe.png")
    Path("photos/outside.png").symlink_to(Path("secret/b.png").absolute())
    Path("photos/folder").symlink_to(Path("secret").absolute())
    Path("photos/loop").symlink_to(Path("photos").absolute())
    Path("photos/broken.png").symlink_to("nothing")
    Path("photos/inside.png").symlink_to("a.png")
    code, output, errors = run("predict", "model.npz", "photos")
    assert (code, [name for name, _ in classes(output)]) == (
        0,
        ["a.png", "inside.png"],
    )
    assert errors.startswith("nncore: photos: 5 files are left out, for instance ")
    assert errors.count("\n") == 1


def test_a_folder_without_pictures_is_refused(run):
    Path("photos").mkdir()
    line = "nncore: photos: expected pictures in this folder, got none\n"
    assert run("predict", "model.npz", "photos") == (1, "", line)


def test_folders_and_files_are_answered_in_the_order_of_the_command(run):
    picture("z/1.png", RED)
    picture("b.png", GREEN)
    picture("a/2.png", BLUE)
    output = run("predict", "model.npz", "z", "b.png", "a")[1]
    assert output == (
        "z: 1 image\n"
        "image  class  confidence  second         third\n"
        "1.png  red       100.0 %  green   0.0 %  blue   0.0 %\n"
        "\n"
        "image  class  confidence  second         third\n"
        "b.png  green     100.0 %  red     0.0 %  blue   0.0 %\n"
        "\n"
        "a: 1 image\n"
        "image  class  confidence  second         third\n"
        "2.png  blue      100.0 %  red     0.0 %  green  0.0 %\n"
    )


def test_pictures_of_a_folder_have_the_whole_path_in_json_and_csv(run):
    picture("photos/b/1.png", RED)
    output = run("predict", "model.npz", "photos", "--json", "--output", "out.csv")[1]
    assert [row["file"] for row in json.loads(output)] == ["photos/b/1.png"]
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("photos/b/1.png,")


def test_a_table_of_long_names_has_at_most_100_columns(run):
    names = ("W" * 200, "猫" * 30, "my small dog")
    save(Path("long.npz"), replace(brightest_channel(), labels=names))
    for name in ("a.png", f"{'deep/' * 20}a picture of {'x' * 100} 7.png", f"{'字' * 70}.png"):
        picture(Path("photos", name), GREEN)
    title, header, *rows = run("predict", "long.npz", "photos")[1].splitlines()
    assert title == "photos: 3 images"
    assert {text_width(row) for row in rows} == {100}
    assert header.split() == ["image", "class", "confidence", "second", "third"]
    assert [row.split()[0] for row in rows][::2] == ["a.png", "字字字字字字…字字字字字字字字.png"]
    assert rows[1].startswith("deep/deep/d…xxx")
    assert all(row.count("猫猫…猫猫猫") == 1 and "my small dog" in row for row in rows)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names that are no UTF-8")
def test_a_name_that_is_no_utf_8_is_escaped_in_every_form_of_output(run):
    picture("photos/a.png", RED)
    Path("photos/a.png").rename(os.fsdecode(b"photos/\xff.png"))
    code, output, errors = run("predict", "model.npz", "photos", "--output", "out.csv")
    assert (code, errors) == (0, "")
    assert "\n\\udcff.png" in output
    assert "photos/\\udcff.png" in Path("out.csv").read_text(encoding="utf-8")


def test_a_folder_is_no_file_of_numbers(run):
    shutil.copytree(".", "copy")
    network = Network(Architecture(hidden=()), inputs=2, outputs=2)
    save("numbers.npz", network)
    code, _, errors = run("predict", "numbers.npz", "copy")
    assert (code, errors.count("\n")) == (1, 1)
    assert errors.startswith("nncore: copy")
