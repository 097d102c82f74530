"""The commands predict, describe and export."""

import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

import numpy as np

from nncore.arrays import Bytes, Floats
from nncore.cli.digits import luminance, normalize_digit, to_uint8
from nncore.cli.output import FilePrediction, as_csv, as_json, as_text
from nncore.data.idx import read_images
from nncore.errors import ImageError, NncoreError, format_shape
from nncore.files import atomic_write
from nncore.model import Model
from nncore.signals import exit_code_of_signals
from nncore.tables import format_table

try:
    import typer
    from PIL import Image, ImageOps, UnidentifiedImageError
except ModuleNotFoundError as missing:
    sys.exit(f"nncore: expected {missing.name} to be installed; pip install 'nncore[cli]'")

FORMATS = ("PNG", "JPEG", "BMP")
# 33 megapixels need 1.2 GiB of memory.
MAX_PICTURE_PIXELS = 2**25
_NPY_MAGIC, _IDX_MAGIC, _GZIP_MAGIC = b"\x93NUMPY", b"\0\0", b"\x1f\x8b"

# Plain help, because importing rich takes a quarter of the start time.
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Neural networks in plain NumPy.",
)
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, .npz.")]


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
    print_json: Annotated[bool, typer.Option("--json", help="Print JSON for every image.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a CSV file with all probabilities of every image."
        ),
    ] = None,
    as_is: Annotated[
        bool,
        typer.Option("--as-is", help="Don't normalize pictures, which must have the model's size."),
    ] = False,
) -> None:
    """Classify images.

    A picture holds one digit, darker or lighter than its background. The digit is cropped, scaled
    and centred as in MNIST; images of a set are not changed. Each unreadable file prints one line
    and sets exit code 1; all others are still classified.
    """
    trained = Model.load(model)
    names = trained.class_names
    predictions = list(_predictions(trained, images, as_is=as_is))
    if output:
        atomic_write(output, as_csv(names, predictions).encode())
    if print_json:
        rows = (json.dumps(row) for row in as_json(names, predictions))
        typer.echo("[" + ",\n ".join(rows) + "]")
    elif predictions:
        typer.echo("\n\n".join(as_text(names, predictions)))
    if len(predictions) < len(images):
        raise typer.Exit(1)


@app.command()
def describe(model: ModelFile) -> None:
    """Print a model's layers, preprocessing, classes and origin."""
    trained = Model.load(model)
    facts = [
        ("images", f"{format_shape(trained.image_shape)} pixels of 8 bits"),
        ("scaling", f"(pixel - {trained.normalization.mean:g}) / {trained.normalization.std:g}"),
        ("classes", ", ".join(trained.class_names)),
        ("loss", trained.network.architecture.loss),
        *((f"provenance.{key}", str(value)) for key, value in sorted(trained.provenance.items())),
    ]
    typer.echo(f"{trained.network.describe()}\n\n{format_table(facts, '<<')}")


@app.command()
def export(
    model: ModelFile,
    output: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="ONNX file to write.")],
) -> None:
    """Write a model as an ONNX file.

    Its input is raw pixels, its outputs are labels and probabilities.
    """
    try:
        from nncore.adapters.onnx import OPSET, to_onnx  # noqa: PLC0415  an optional library
    except ModuleNotFoundError as missing:
        _fail(f"expected {missing.name} to be installed; pip install 'nncore[onnx]'")
    content = to_onnx(Model.load(model))
    atomic_write(output, content)
    typer.echo(f"{output}: {len(content):,} bytes, opset {OPSET}")


def run() -> None:
    """Run the command line.

    Exit codes: 0 success, 1 an error, with one line on standard error, 2 wrong usage, 130
    interrupted, 143 terminated.
    """
    with exit_code_of_signals():
        try:
            app()
        except (NncoreError, OSError) as error:
            _fail(_format_error(error))


def _fail(line: str) -> NoReturn:
    typer.echo(f"nncore: {line}", err=True)
    raise SystemExit(1)


def _format_error(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _predictions(model: Model, files: Iterable[Path], *, as_is: bool) -> Iterator[FilePrediction]:
    """Yield the prediction for each file; print one line for each unreadable file."""
    for file in files:
        try:
            with file.open("rb") as stream:
                start = stream.read(len(_NPY_MAGIC))
            # The first bytes decide on the format, not the name.
            is_set = start.startswith((_NPY_MAGIC, _IDX_MAGIC, _GZIP_MAGIC))
            if is_set:
                images = _read_set(file, start)
            else:
                images = _read_picture(file, model.image_shape, as_is=as_is)
            if images.shape[1:] != model.image_shape:
                expected, got = map(format_shape, (model.image_shape, images.shape[1:]))
                raise ImageError(f"{file}: expected {expected} pixels, got {got}")
            prediction = FilePrediction(file, is_set, model.predict(images))
        except (NncoreError, OSError) as error:
            typer.echo(f"nncore: {_format_error(error)}", err=True)
        else:
            yield prediction


def _read_set(file: Path, start: bytes) -> Bytes:
    """Return the images of a set, (n, rows, columns)."""
    if start != _NPY_MAGIC:
        return read_images(file)
    try:
        images = np.load(file, mmap_mode="r", allow_pickle=False)
    except (EOFError, OverflowError, ValueError) as error:
        raise ImageError(f"{file}: expected a whole .npy file, got: {error}") from None
    if images.dtype != np.uint8 or images.ndim != 3 or not len(images):
        got = f"{images.shape} {images.dtype}"
        raise ImageError(f"{file}: expected (images, rows, columns) uint8, got {got}")
    return np.asarray(images)


def _read_picture(file: Path, shape: tuple[int, int], *, as_is: bool) -> Bytes:
    """Return the picture in `file` as one image, (1, rows, columns)."""
    try:
        with warnings.catch_warnings(), Image.open(file, formats=FORMATS) as opened:
            # Pillow's warnings don't matter for a file that it can read.
            warnings.simplefilter("ignore")
            picture = _read_luminance(opened)
        image = picture if as_is else normalize_digit(picture, shape)
    except NncoreError as error:
        raise ImageError(f"{file}: {error}") from None
    except Exception as error:  # noqa: BLE001  decoders raise errors of every type for damaged files
        got = "another file" if isinstance(error, UnidentifiedImageError) else _format_error(error)
        raise ImageError(f"{file}: expected a whole PNG, JPEG or BMP picture, got: {got}") from None
    return to_uint8(image)[np.newaxis]


def _read_luminance(picture: Image.Image) -> Floats:
    """Return a picture's luminance, (rows, columns) in [0, 1]."""
    if picture.width * picture.height > MAX_PICTURE_PIXELS:
        size = format_shape(picture.size)
        raise ImageError(f"expected at most {MAX_PICTURE_PIXELS:,} pixels, got {size}")
    # Cameras store their orientation as metadata and don't rotate the picture.
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):
        return np.asarray(upright).astype(np.float64) / 65535
    return luminance(np.asarray(upright.convert("RGBA")))
