"""The commands predict, describe and export."""

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, NoReturn

from nncore.cli.output import FilePrediction, as_csv, as_json, as_text, format_error
from nncore.errors import NncoreError, format_shape
from nncore.files import atomic_write
from nncore.model import Model
from nncore.signals import exit_code_of_signals
from nncore.tables import format_table

try:
    import typer

    from nncore.cli.images import read_image_file
except ModuleNotFoundError as missing:
    sys.exit(f"nncore: expected {missing.name} to be installed; pip install '.[cli]'")

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
        _fail(f"expected {missing.name} to be installed; pip install '.[onnx]'")
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
            _fail(format_error(error))


def _fail(line: str) -> NoReturn:
    typer.echo(f"nncore: {line}", err=True)
    raise SystemExit(1)


def _predictions(model: Model, files: Iterable[Path], *, as_is: bool) -> Iterator[FilePrediction]:
    """Yield the prediction for each file; print one line for each unreadable file."""
    for file in files:
        try:
            images, is_set = read_image_file(file, model.image_shape, as_is=as_is)
            prediction = FilePrediction(file, is_set, model.predict(images))
        except (NncoreError, OSError) as error:
            typer.echo(f"nncore: {format_error(error)}", err=True)
        else:
            yield prediction
