"""The command line: what a model sees in pictures, what it is made of, and its ONNX file."""

import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import numpy as np

from nncore.answers import Answer, aligned, csv_text, json_values, tables
from nncore.arrays import Bytes, Floats
from nncore.digits import grey, normalized, to_bytes
from nncore.errors import NncoreError
from nncore.idx import read_images
from nncore.model import Model
from nncore.persistence import load_model
from nncore.signals import exit_code_of_signals
from nncore.whole import write_whole

try:
    import typer
    from PIL import Image, ImageOps, UnidentifiedImageError
except ModuleNotFoundError as missing:
    sys.exit(f"nncore: expected {missing.name} to be installed; pip install 'nncore[cli]'")

FORMATS = ("PNG", "JPEG", "BMP")
KINDS = "PNG, JPEG or BMP"
# 33 megapixels, which take 1.2 GiB on their way.
LARGEST = 2**25
_NPY, _IDX, _GZIP = b"\x93NUMPY", b"\0\0", b"\x1f\x8b"

# Plain help: loading rich would take a quarter of a start.
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Neural networks in plain NumPy.",
)
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, .npz.")]


class ImageError(NncoreError):
    """A file without an image that the model could read."""


@app.command()
def predict(
    model: ModelFile,
    images: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE",
            help="Pictures (PNG, JPEG, BMP) or sets of images (IDX, also gzipped, or .npy).",
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for every image.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a CSV file: every image, all probabilities."),
    ] = None,
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Take pictures of the model's size as they are.")
    ] = False,
) -> None:
    """Say what a model sees in pictures.

    A picture holds one digit, darker or lighter than its ground, which is found, fitted and
    centred as in MNIST. The images of a set are taken as they are. Exit code 1 if there is a file
    of which nothing can be said; the others are answered all the same.
    """
    trained = load_model(model)
    answers = list(_answers(trained, images, as_is=as_is))
    if output:
        write_whole(output, csv_text(trained.class_names, answers).encode())
    if as_json:
        rows = (json.dumps(row) for row in json_values(trained.class_names, answers))
        typer.echo("[" + ",\n ".join(rows) + "]")
    elif answers:
        typer.echo("\n\n".join(tables(trained.class_names, answers)))
    if len(answers) < len(images):
        raise typer.Exit(1)


@app.command()
def describe(model: ModelFile) -> None:
    """Say what a model is made of and where it comes from."""
    trained = load_model(model)
    rows, columns = trained.image_shape
    facts = [
        ("images", f"{rows} x {columns} pixels of 8 bits"),
        ("scaling", f"(pixel - {trained.scaling.mean:g}) / {trained.scaling.std:g}"),
        ("classes", ", ".join(trained.class_names)),
        ("loss", trained.network.architecture.loss),
        *((f"provenance.{key}", str(value)) for key, value in sorted(trained.provenance.items())),
    ]
    typer.echo(f"{trained.network.describe()}\n\n{aligned(facts, '<<')}")


@app.command()
def export(
    model: ModelFile,
    output: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="ONNX file to write.")],
) -> None:
    """Write a model as an ONNX file.

    It takes raw pixels, and gives labels and probabilities.
    """
    try:
        from nncore.export import OPSET, to_onnx  # noqa: PLC0415  the other commands don't need it
    except ModuleNotFoundError as missing:
        _refuse(f"expected {missing.name} to be installed; pip install 'nncore[onnx]'")
    content = to_onnx(load_model(model))
    write_whole(output, content)
    typer.echo(f"{output}: {len(content):,} bytes, opset {OPSET}")


def run() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 something refused with a line on standard error, 2 wrong usage, 130
    interrupted, 143 terminated.
    """
    with exit_code_of_signals():
        try:
            app()
        except (NncoreError, OSError) as error:
            _refuse(_reason(error))


def _refuse(line: str) -> NoReturn:
    typer.echo(f"nncore: {line}", err=True)
    raise SystemExit(1)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _answers(model: Model, files: Iterable[Path], *, as_is: bool) -> Iterator[Answer]:
    """Yield what the model says of each file; say of which it can say nothing, and why."""
    for file in files:
        try:
            with file.open("rb") as stream:
                start = stream.read(len(_NPY))
            # A file is what its first bytes say, whatever its name.
            is_set = start.startswith((_NPY, _IDX, _GZIP))
            images = _set(file, start) if is_set else _picture(file, model.image_shape, as_is=as_is)
            if images.shape[1:] != model.image_shape:
                expected, got = (
                    " x ".join(map(str, of)) for of in (model.image_shape, images.shape[1:])
                )
                raise ImageError(f"{file}: expected {expected} pixels, got {got}")
            answer = Answer(file, is_set, model.predict(images))
        except (NncoreError, OSError) as error:
            typer.echo(f"nncore: {_reason(error)}", err=True)
        else:
            yield answer


def _set(file: Path, start: bytes) -> Bytes:
    """Return the images of a set, (n, rows, columns)."""
    if start != _NPY:
        return read_images(file)
    try:
        images = np.load(file, mmap_mode="r", allow_pickle=False)
    except (EOFError, OverflowError, ValueError) as error:
        raise ImageError(f"{file}: expected a whole .npy file, got: {error}") from None
    if images.dtype != np.uint8 or images.ndim != 3 or not len(images):
        got = f"{images.shape} {images.dtype}"
        raise ImageError(f"{file}: expected (images, rows, columns) uint8, got {got}")
    return np.asarray(images)


def _picture(file: Path, shape: tuple[int, int], *, as_is: bool) -> Bytes:
    """Return the picture in `file` as one image, (1, rows, columns)."""
    try:
        with warnings.catch_warnings(), Image.open(file, formats=FORMATS) as opened:
            # What Pillow finds odd about a file is no matter if it can read it.
            warnings.simplefilter("ignore")
            picture = _grey(opened)
        image = picture if as_is else normalized(picture, shape)
    except NncoreError as error:
        raise ImageError(f"{file}: {error}") from None
    except Exception as error:  # noqa: BLE001  decoders meet damage with errors of every kind
        got = "another file" if isinstance(error, UnidentifiedImageError) else _reason(error)
        raise ImageError(f"{file}: expected a whole {KINDS} picture, got: {got}") from None
    return to_bytes(image)[np.newaxis]


def _grey(picture: Image.Image) -> Floats:
    """Return a picture's grey values, (rows, columns) in [0, 1]."""
    if picture.width * picture.height > LARGEST:
        size = f"{picture.width} x {picture.height}"
        raise ImageError(f"expected at most {LARGEST:,} pixels, got {size}")
    # Cameras store how they were held instead of turning the picture.
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        return np.asarray(upright).astype(np.float64) / 65535
    return grey(np.asarray(upright.convert("RGBA")))


if __name__ == "__main__":
    run()
