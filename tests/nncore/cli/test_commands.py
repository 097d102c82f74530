"""The command line: every kind of picture is answered, and every fault is one line."""

import csv
import gzip
import io
import json
import struct
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from digit_models import NAMES, TEST_IMAGES, TEST_LABELS, digit_model
from idx_files import idx
from PIL import Image

import nncore
from nncore.adapters.onnx import to_onnx
from nncore.cli.__main__ import main
from nncore.config.architecture import Architecture
from nncore.data.idx import read_images, read_labels
from nncore.data.preprocessing import Normalization
from nncore.model import Model
from nncore.model_file import save
from nncore.network.network import Network

ROOT = Path(__file__).parents[3]
KINDS = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Return the current folder, which holds a model."""
    monkeypatch.chdir(tmp_path)
    save(Path("model.npz"), digit_model())
    return tmp_path


@pytest.fixture
def run(here, run_nncore):  # noqa: ARG001  in that folder
    return run_nncore


@pytest.fixture(scope="module")
def digits():
    return read_images(TEST_IMAGES)


def large(digit, *, ink=0, ground=255):
    """Return a digit drawn large, in the corner of a larger picture, in grey."""
    picture = Image.new("L", (420, 380), 0)
    drawn = Image.fromarray(digit).resize((280, 280), Image.Resampling.BICUBIC)
    picture.paste(drawn, (20, 90))
    return picture.point(lambda value: ground + (ink - ground) * value // 255)


def answered(done):
    """Return the classes in JSON output, of a run without faults."""
    code, output, errors = done
    assert (code, errors) == (0, "")
    return [row["class"] for row in json.loads(output)]


def seen(digit):
    return NAMES[digit_model().classify(digit[np.newaxis]).classes[0]]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + bytes(4)


@pytest.mark.parametrize("suffix", KINDS)
def test_large_pictures_are_seen_nearly_as_well_as_the_digits_themselves(run, digits, suffix):
    """100 digits, dark on light and light on dark."""
    labels = [NAMES[label] for label in read_labels(TEST_LABELS)[:100]]
    for index, digit in enumerate(digits[:100]):
        ink, ground = (10, 240) if index % 2 else (255, 0)
        large(digit, ink=ink, ground=ground).save(f"{index}.{suffix}", KINDS[suffix])
    classes = answered(
        run("predict", "model.npz", *(f"{i}.{suffix}" for i in range(100)), "--json")
    )
    right = sum(np.array(classes) == labels)
    themselves = sum(np.array([seen(digit) for digit in digits[:100]]) == labels)
    assert right >= themselves - 3


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_read(run, digits, mode):
    picture = large(digits[0])
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    assert picture.mode == mode
    picture.save("picture.png")
    assert answered(run("predict", "model.npz", "picture.png", "--json")) == [seen(digits[0])]


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 30, 30)])
def test_ink_on_nothing_is_read(run, digits, colour):
    picture = Image.new("RGBA", (420, 380), (*colour, 0))
    picture.putalpha(large(digits[0], ink=255, ground=0))
    picture.save("picture.png")
    assert answered(run("predict", "model.npz", "picture.png", "--json")) == [seen(digits[0])]


def test_a_palette_with_a_transparent_colour_is_read(run, digits):
    picture = large(digits[0]).convert("1").convert("P")
    picture.save("picture.png", transparency=255)
    assert answered(run("predict", "model.npz", "picture.png", "--json")) == [seen(digits[0])]


def test_a_transparent_grey_of_16_bits_is_the_ground(run, digits):
    """Dark ink on a transparent grey between the greys of the ink."""
    ink = np.asarray(large(digits[0], ink=255, ground=0))
    shades = np.where(np.indices(ink.shape).sum(axis=0) % 2, 0, 9000)
    values = np.where(ink > 127, shades, 4000).astype(np.uint16)
    Image.fromarray(values).save("picture.png", transparency=4000)
    assert answered(run("predict", "model.npz", "picture.png", "--json")) == [seen(digits[0])]


def test_a_photograph_is_turned_as_the_camera_was_held(run, digits):
    """Orientation 6: the first row is the right side."""
    picture = large(digits[0]).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save("picture.jpg", exif=exif)
    assert answered(run("predict", "model.npz", "picture.jpg", "--json")) == [seen(digits[0])]


def test_a_picture_is_known_by_its_content_not_by_its_name(run, digits):
    large(digits[0]).save("picture.jpg", "PNG")
    assert answered(run("predict", "model.npz", "picture.jpg", "--json")) == [seen(digits[0])]


def test_pictures_are_a_table_of_class_confidence_and_the_three_best(run, digits):
    save(Path("sure.npz"), sure())
    for name in ("a.png", "a longer name.png"):
        large(digits[0]).save(name)
    code, output, errors = run("predict", "sure.npz", "a.png", "a longer name.png")
    assert (code, errors) == (0, "")
    assert output == (
        "image              class  confidence  second          third\n"
        "a.png              two        60.0 %  one     30.0 %  three  9.0 %\n"
        "a longer name.png  two        60.0 %  one     30.0 %  three  9.0 %\n"
    )


def sure(shape=(28, 28)):
    """Return a model that says the same of every image."""
    network = Network(Architecture(hidden=()), inputs=shape[0] * shape[1], outputs=4)
    network.biases[0][:] = np.log([0.3, 0.6, 0.09, 0.01])
    return Model(network, ("one", "two", "three", "four"), shape, Normalization(), {}, "digit")


def test_a_model_of_two_classes_has_no_third(run, digits):
    network = Network(Architecture(hidden=()), inputs=784, outputs=2)
    network.biases[0][:] = np.log([3, 1])
    save(Path("two.npz"), Model(network, ("yes", "no"), (28, 28), Normalization(), {}, "digit"))
    large(digits[0]).save("a.png")
    assert run("predict", "two.npz", "a.png")[1] == (
        "image  class  confidence  second\na.png  yes        75.0 %  no      25.0 %\n"
    )


def test_json_has_the_three_best_and_their_probabilities(run, digits):
    save(Path("sure.npz"), sure())
    large(digits[0]).save("a.png")
    code, output, errors = run("predict", "sure.npz", "a.png", "--json")
    assert (code, errors) == (0, "")
    shares = [("two", 0.6), ("one", 0.3), ("three", 0.09)]
    best = [{"class": name, "probability": pytest.approx(share)} for name, share in shares]
    assert json.loads(output) == [
        {
            "file": "a.png",
            "index": None,
            "class": "two",
            "confidence": pytest.approx(0.6),
            "best": best,
        }
    ]


def npy(images):
    stream = io.BytesIO()
    np.save(stream, images)
    return stream.getvalue()


@pytest.mark.parametrize(
    "content", [idx, lambda images: gzip.compress(idx(images)), npy], ids=["idx", "gzip", "npy"]
)
def test_a_set_is_taken_as_it_is_image_by_image(run, digits, content):
    Path("set").write_bytes(content(digits[:30]))
    code, output, errors = run("predict", "model.npz", "set", "--json")
    expected = digit_model().classify(digits[:30])
    rows = json.loads(output)
    assert (code, errors) == (0, "")
    assert [(row["file"], row["index"]) for row in rows] == [("set", i) for i in range(30)]
    assert [row["class"] for row in rows] == [NAMES[label] for label in expected.classes]
    assert [row["confidence"] for row in rows] == pytest.approx(expected.confidence, rel=1e-5)


def test_a_set_is_summed_up_in_a_table(run, digits):
    save(Path("sure.npz"), sure())
    Path("set").write_bytes(npy(np.zeros((1500, 28, 28), np.uint8)))
    large(digits[0]).save("a.png")
    assert run("predict", "sure.npz", "set", "a.png")[1] == (
        "image  class  confidence  second          third\n"
        "a.png  two        60.0 %  one     30.0 %  three  9.0 %\n"
        "\n"
        "set: 1,500 images\n"
        "class  images  fraction  mean confidence\n"
        "one         0     0.0 %\n"
        "two     1,500   100.0 %           60.0 %\n"
        "three       0     0.0 %\n"
        "four        0     0.0 %\n"
    )


def test_the_csv_file_has_every_image_and_all_probabilities(run, digits):
    Path("set").write_bytes(npy(digits[:3]))
    large(digits[0]).save("a.png")
    assert run("predict", "model.npz", "a.png", "set", "--output", "out.csv")[0] == 0
    header, picture, *rows = csv.reader(io.StringIO(Path("out.csv").read_text(encoding="utf-8")))
    assert header == ["file", "index", "class", "confidence", *(f"p_{name}" for name in NAMES)]
    assert picture[:3] == ["a.png", "", seen(digits[0])]
    expected = digit_model().classify(digits[:3])
    for index, row in enumerate(rows):
        assert row[:3] == ["set", str(index), NAMES[expected.classes[index]]]
        numbers = [expected.confidence[index], *expected.probabilities[index]]
        assert [float(cell) for cell in row[3:]] == pytest.approx(numbers, rel=1e-5)
    assert len(rows) == 3


def test_pictures_are_fitted_to_the_models_own_shape(run, digits):
    save(Path("sure.npz"), sure((14, 20)))
    large(digits[0]).save("a.png")
    assert answered(run("predict", "sure.npz", "a.png", "--json")) == ["two"]


def test_as_is_takes_pictures_pixel_by_pixel(run, digits):
    """The corner pixel alone decides, which a fitted picture would never have."""
    network = Network(Architecture(hidden=()), inputs=784, outputs=2)
    network.weights[0][0] = 0, 10
    network.biases[0][:] = 5, 0
    corner = Model(network, ("dark", "light"), (28, 28), Normalization(), {}, "digit")
    save(Path("corner.npz"), corner)
    save(Path("any.npz"), replace(corner, pictures="as-is"))
    digit = digits[0].copy()
    digit[0, 0] = 255
    Image.fromarray(digit).save("a.png")
    assert answered(run("predict", "corner.npz", "a.png", "--json", "--as-is")) == ["light"]
    assert answered(run("predict", "corner.npz", "a.png", "--json")) == ["dark"]
    assert answered(run("predict", "any.npz", "a.png", "--json")) == ["light"]


@pytest.mark.parametrize("pictures", ["as-is", "digit"])
def test_as_is_takes_pictures_of_the_models_own_size_alone(run, digits, pictures):
    save(Path("any.npz"), replace(sure(), pictures=pictures))
    large(digits[0]).save("a.png")
    line = "nncore: a.png: expected 28 x 28 pixels, got 380 x 420\n"
    assert run("predict", "any.npz", "a.png", "--as-is") == (1, "", line)
    assert run("predict", "any.npz", "a.png")[0] == 0


def test_no_byte_changes_that_is_taken_as_it_is(run, digits):
    Image.fromarray(digits[0]).save("a.png")
    as_picture = run("predict", "model.npz", "a.png", "--json", "--as-is")
    Path("set").write_bytes(npy(digits[:1]))
    as_set = run("predict", "model.npz", "set", "--json")
    (picture,), (image,) = (json.loads(output) for _, output, _ in (as_picture, as_set))
    assert picture["best"] == image["best"]


ELSE = "expected a picture (PNG, JPEG, BMP, WEBP, TIFF, GIF), got"
SET = "expected (images, rows, columns) or (images, rows, columns, 3) uint8, got"
PNG = b"\x89PNG\r\n\x1a\n"
FAULTS = {
    "none": (None, "No such file or directory"),
    "empty": (b"", f"{ELSE} an empty file"),
    "text": (b"a digit", f"{ELSE} another format"),
    "gif": (b"GIF89a", f"{ELSE} another format"),
    "colour": (npy(np.zeros((2, 28, 28, 3), "u1")), "expected 28 x 28 pixels, got 28 x 28 x 3"),
    "labels": (
        struct.pack(">HBBI", 0, 8, 1, 1) + b"\1",
        "expected 3 dimensions (images), got 1",
    ),
    "smaller": (npy(np.zeros((2, 8, 9), "u1")), "expected 28 x 28 pixels, got 8 x 9"),
    "floats": (
        npy(np.zeros((2, 28, 28))),
        f"{SET} (2, 28, 28) float64",
    ),
    "single": (
        npy(np.zeros((28, 28), "u1")),
        f"{SET} (28, 28) uint8",
    ),
    "none of them": (
        npy(np.zeros((0, 28, 28), "u1")),
        "expected at least one image, got none",
    ),
    "objects": (npy(np.array([{}])), "expected a whole .npy file, got: "),
    "texts": (npy(np.array(["a"])), "expected an .npy file of numbers, got <U1"),
    "nested header": (
        npy(np.zeros((2, 28, 28), "u1")).replace(b"'|u1'", 60 * b"("),
        "expected a whole .npy file, got: ",
    ),
    "cut": (npy(np.zeros((2, 28, 28), "u1"))[:-9], "expected a whole .npy file, got: "),
    "gzip": (gzip.compress(b"text"), "expected an IDX file, which starts with 00 00, got 74 65"),
    "huge": (
        PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 0, 0, 0, 0)),
        "expected ",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_and_exit_code_1_and_the_others_are_answered(run, digits, name):
    content, reason = FAULTS[name]
    if content is not None:
        Path(name).write_bytes(content)
    large(digits[0]).save("good.png")
    code, output, errors = run("predict", "model.npz", name, "good.png", "--json")
    assert (code, [row["file"] for row in json.loads(output)]) == (1, ["good.png"])
    assert errors.startswith(f"nncore: {name}: {reason}")
    assert errors.count("\n") == 1


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(run):
    Image.new("1", (8192, 4097)).save("a.png")
    line = "nncore: a.png: expected at most 33,554,432 pixels, got 4097 x 8192\n"
    assert run("predict", "model.npz", "a.png") == (1, "", line)


def test_a_blank_picture_is_refused(run):
    Image.new("RGB", (30, 40), "white").save("a.png")
    line = "expected a digit darker or lighter than its background, got a contrast of 0%"
    assert run("predict", "model.npz", "a.png") == (1, "", f"nncore: a.png: {line}\n")


@pytest.mark.parametrize("suffix", KINDS)
def test_a_damaged_picture_is_answered_or_refused_in_one_line(run, digits, suffix):
    """Every twentieth of a file missing from its end, or one of its bytes changed."""
    large(digits[0]).resize((60, 60)).save("whole", KINDS[suffix])
    content = Path("whole").read_bytes()
    rng = np.random.default_rng(1)
    for place in range(0, len(content), len(content) // 20):
        changed = bytearray(content)
        changed[rng.integers(len(content))] ^= 1 << rng.integers(8)
        for damaged in (content[:place], bytes(changed)):
            Path("damaged").write_bytes(damaged)
            code, _, errors = run("predict", "model.npz", "damaged")
            assert code == errors.count("\n")
            assert code == 0 or errors.startswith("nncore: damaged: ")


def test_a_name_cannot_command_the_terminal(run, digits):
    large(digits[0]).save("a\x1b[2J.png")
    assert "a\\x1b[2J.png" in run("predict", "model.npz", "a\x1b[2J.png")[1]


def test_describe_shows_layers_preprocessing_classes_and_provenance(run):
    code, output, _ = run("describe", "model.npz")
    assert code == 0
    assert output.splitlines() == [
        "layer  weight    bias  activation  parameters",
        "1      784 x 32  32    relu            25,120",
        "2      32 x 10   10    softmax            330",
        "total                                  25,450",
        "",
        "images             28 x 28 pixels of 8 bits",
        "normalization      pixel / 255",
        "pictures           of a digit, which is cropped, scaled and centred as in MNIST",
        f"classes            {', '.join(NAMES)}",
        "loss               cross_entropy",
        "provenance.epochs  1",
        "provenance.from    Zürich",
    ]


def test_export_writes_the_bytes_that_nncore_makes(run):
    code, output, errors = run("export", "model.npz", "model.onnx")
    content = to_onnx(digit_model())
    assert (code, errors) == (0, "")
    assert output == f"model.onnx: {len(content):,} bytes, opset 13\n"
    assert Path("model.onnx").read_bytes() == content


@pytest.mark.parametrize("command", [["predict", "{}", "a.png"], ["describe", "{}"]])
def test_no_model_is_one_line_and_exit_code_1(run, command):
    Path("text").write_text("no model", encoding="utf-8")
    for name, line in (
        ("none", "none: No such file or directory"),
        ("text", "text: expected an nncore model file, got: File is not a zip file"),
    ):
        done = run(*(part.format(name) for part in command))
        assert done == (1, "", f"nncore: {line}\n")


@pytest.mark.parametrize(
    "command",
    [
        ["export", "model.npz", "no/m.onnx"],
        ["predict", "model.npz", "a.png", "--output", "no/m.onnx"],
    ],
)
def test_a_file_that_cannot_be_written_is_one_line_and_exit_code_1(run, digits, command):
    large(digits[0]).save("a.png")
    line = "nncore: no/m.onnx: No such file or directory\n"
    assert run(*command) == (1, "", line)


def test_wrong_usage_is_exit_code_2(run):
    assert run("predict")[0] == 2
    assert run("predict", "model.npz")[0] == 2
    assert run("predict", "model.npz", "a.png", "--nonsense")[0] == 2


def run_without_extras(folder, *arguments):
    """Run the command line where none but NumPy is installed; return code, output and errors."""
    code = (
        "import sys\nfor name in ('PIL', 'onnx', 'typer'): sys.modules[name] = None\n"
        f"sys.argv = {['nncore', *arguments]}\nfrom nncore.cli.__main__ import main\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("command", "subject", "library", "package"),
    [
        ("predict model.npz a.png", "a.png: ", "PIL", "pillow"),
        ("predict model.npz pictures", "pictures: ", "PIL", "pillow"),
        ("export model.npz a.onnx", "", "onnx", "onnx"),
    ],
)
def test_without_its_extra_a_command_says_what_to_install(here, command, subject, library, package):
    (here / "pictures").mkdir()
    for name in ("a.png", "pictures/a.png"):
        (here / name).write_bytes(b"a picture")
    line = f"{subject}expected {library} to be installed; run: python -m pip install {package}"
    assert run_without_extras(here, *command.split()) == (1, "", f"nncore: {line}\n")


@pytest.mark.parametrize("command", ["--help", "--version", "predict --help", "describe model.npz"])
def test_what_needs_no_extra_is_the_same_without(run, here, command):
    arguments = command.split()
    expected = run(*arguments)
    assert expected[0] == 0
    assert run_without_extras(here, *arguments) == expected


@pytest.mark.parametrize("name", ["set.npy", "set-images-idx3-ubyte", "set.csv"])
def test_sets_of_images_are_classified_without_pillow_also_beside_a_folder(run, here, digits, name):
    (here / "pictures").mkdir()
    images = digits[:3]
    np.save("set.npy", images)
    Path("set-images-idx3-ubyte").write_bytes(idx(images))
    np.savetxt("set.csv", images.reshape(3, -1), "%d", ",")
    expected = run("predict", "model.npz", name)
    assert expected[0] == 0
    assert run_without_extras(here, "predict", "model.npz", name) == expected
    code, output, errors = run_without_extras(here, "predict", "model.npz", name, "pictures")
    assert (code, output) == (1, expected[1])
    assert errors.startswith("nncore: pictures: expected PIL to be installed")


def test_the_version_is_that_of_the_package(run):
    assert run("--version") == (0, f"nncore {nncore.__version__}\n", "")


def test_a_model_of_numbers_classifies_samples(run):
    network = Network(Architecture(hidden=()), inputs=2, outputs=2)
    network.weights[0][:] = [[-5, 5], [0, 0]]
    network.labels = ("left", "right")
    save("numbers.npz", network)
    np.save("samples.npy", [[-1.0, 0], [1, 1], [2, 0]])
    code, output, errors = run("predict", "numbers.npz", "samples.npy")
    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "samples.npy: 3 samples",
        "class  samples  fraction  mean confidence",
        "left         1    33.3 %          100.0 %",
        "right        2    66.7 %          100.0 %",
    ]
    code, output, errors = run("describe", "numbers.npz")
    assert "inputs   2 numbers" in output
    Path("text.npy").write_text("no array", encoding="utf-8")
    assert run("predict", "numbers.npz", "text.npy")[2].startswith("nncore: text.npy: expected a")


def test_the_installed_command_is_this_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"nncore": f"{main.__module__}:{main.__name__}"}
