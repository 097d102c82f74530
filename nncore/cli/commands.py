"""The commands predict, describe, export and diagnose."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from nncore import __version__
from nncore.arrays import Array
from nncore.cli.images import find_image_files, read_image_file
from nncore.cli.npy_file import read_array
from nncore.cli.output import FilePrediction, as_csv, as_json, as_text, format_error
from nncore.errors import DataError, NncoreError, advise_install, escape_unencodable
from nncore.files import atomic_write
from nncore.model import Model
from nncore.model_file import load
from nncore.network.prediction import Prediction
from nncore.signals import exit_code_of_signals

if TYPE_CHECKING:
    from nncore.cli.pictures import Fit

PREDICT = """Classify images or other samples.

A picture is converted to grey or RGB and stretched to the size of the model's images. For a model
of handwritten digits its digit, darker or lighter than the background, is cropped, scaled and
centred as in MNIST. The images of a set are not changed. All pictures below a folder are
classified, in the order of their names; a line has the number of its other files. For each
unreadable file one line is printed, and the exit code is 1; all other files are still classified.
A model of tables takes files of CSV, TSV or Parquet with the columns that it was trained on, and
predicts a class or a number for each row.
"""
DESCRIBE = "Print a model's layers, preprocessing, classes and origin."
DIAGNOSE = """Find out why a network does not learn.

DATA.npz holds the arrays X, (n, ...) numbers, and y, (n,) labels or numbers, under these names or
as x_train and y_train. The options describe the network and its training as Architecture and
TrainingSettings do, with the same defaults; --model takes the layers of a model file instead, and
its preprocessing. The network starts from new weights. Regression: --output identity --loss
mean_squared_error. Exit codes: 0 healthy, 3 findings, 1 an error.
"""
EXPORT = """Write a model as an ONNX file.

Its input is raw pixels, the columns of a table, or the numbers that the model was trained on; its
outputs are labels and probabilities, or the numbers of a regression.
"""


def predict(options: argparse.Namespace) -> int:
    """Print the classes of the images in files; return 1 if a file can't be read."""
    model = load(options.model)
    if options.output:
        _check_output(options)
    if model.columns is not None or (model.is_regression and model.normalization is None):
        from nncore.cli.row_prediction import predict_rows  # noqa: PLC0415  only tables need it

        return predict_rows(model, options)
    names = model.class_names
    results = list(_predictions(model, options.images, as_is=options.as_is))
    predictions = [result for result in results if result]
    if options.output:
        # The name of a file may hold bytes that are no UTF-8.
        text = as_csv(names, predictions)
        atomic_write(options.output, text.encode(errors="backslashreplace"))
    if options.json:
        rows = (json.dumps(row) for row in as_json(names, predictions))
        print("[" + ",\n ".join(rows) + "]")
    elif predictions:
        unit = "images" if model.image_shape else "samples"
        print("\n\n".join(as_text(names, predictions, unit)))
    return int(len(predictions) < len(results))


def describe(options: argparse.Namespace) -> int:
    """Print the description of a model file."""
    from nncore.cli.description import describe_model  # noqa: PLC0415  only describe needs it

    print(describe_model(load(options.model)))
    return 0


def export(options: argparse.Namespace) -> int:
    """Write an ONNX file."""
    try:
        from nncore.adapters.onnx import OPSET, to_onnx  # noqa: PLC0415  an optional library
    except ModuleNotFoundError as missing:
        _fail(advise_install(missing, "onnx"))
    _check_output(options)
    content = to_onnx(load(options.model))
    atomic_write(options.output, content)
    print(f"{options.output}: {len(content):,} bytes, opset {OPSET}")
    return 0


def diagnose(options: argparse.Namespace) -> int:
    """Print a diagnosis; return 3 if it has findings."""
    from nncore.cli.diagnose import print_diagnosis  # noqa: PLC0415  it imports the training

    return print_diagnosis(options)


def run() -> None:
    """Run the command line.

    Exit codes: 0 success, 1 an error, with one line on standard error, 2 wrong usage, 3 findings of
    a diagnosis, 130 interrupted, 141 the output's reader has gone, 143 terminated.
    """
    escape_unencodable()
    with exit_code_of_signals():
        options = _parser().parse_args()
        try:
            code = options.command(options)
            # Python would flush after this block, and print a traceback if the reader has gone.
            sys.stdout.flush()
            raise SystemExit(code)
        except BrokenPipeError:
            # `head` has closed the pipe. Python flushes once more as it ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(128 + 13) from None
        except (NncoreError, OSError) as error:
            _fail(format_error(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "nncore", description="Neural networks in plain NumPy.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"nncore {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add_command(
        command: Callable[[argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        command_parser = commands.add_parser(
            command.__name__,
            help=text.splitlines()[0],
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command_parser.set_defaults(command=command)
        return command_parser

    def add(command: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        command_parser = add_command(command, text)
        command_parser.add_argument("model", metavar="MODEL", type=Path, help="model file, .npz")
        return command_parser

    predicting = add(predict, PREDICT)
    predicting.add_argument(
        "images",
        metavar="IMAGE",
        type=Path,
        nargs="+",
        help="picture, folder of pictures, or set of images (IDX, also gzipped, .npy, or .csv with "
        "a row of pixels for each); for a model of numbers, .npy files of samples; for a model of "
        "tables, CSV, TSV or Parquet",
    )
    predicting.add_argument("--json", action="store_true", help="print JSON for every image or row")
    predicting.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="write a CSV file with all probabilities of every image or row",
    )
    predicting.add_argument(
        "--as-is",
        action="store_true",
        help="don't crop, centre or stretch: pictures have the size of the model's images",
    )
    add(describe, DESCRIBE)
    add(export, EXPORT).add_argument(
        "output", metavar="OUT.onnx", type=Path, help="ONNX file to write"
    )
    diagnosing = add_command(diagnose, DIAGNOSE)
    # Its options have the defaults of the settings; other commands don't import these modules.
    if diagnose.__name__ in sys.argv:
        from nncore.cli.diagnose import add_arguments  # noqa: PLC0415

        add_arguments(diagnosing)
    return parser


def _check_output(options: argparse.Namespace) -> None:
    """Refuse to write over the model that is read."""
    if options.output.exists() and options.output.samefile(options.model):
        _fail(f"{options.output}: expected a file other than the model, got the model itself")


def _fail(line: str) -> NoReturn:
    print(f"nncore: {line}", file=sys.stderr)
    raise SystemExit(1)


def _predictions(
    model: Model, paths: Iterable[Path], *, as_is: bool
) -> Iterator[FilePrediction | None]:
    """Yield the prediction for each file; print a line and yield None for each unreadable one."""
    expand, read = _reader(model, as_is=as_is)
    for path in paths:
        folder = path if path.is_dir() else None
        try:
            files = expand(path)
        except (NncoreError, OSError) as error:
            print(f"nncore: {format_error(error)}", file=sys.stderr)
            yield None
            continue
        for file in files:
            try:
                samples, is_set = read(file)
                prediction = FilePrediction(file, is_set, _classify(model, samples, file), folder)
            except (NncoreError, OSError) as error:
                print(f"nncore: {format_error(error)}", file=sys.stderr)
                yield None
            else:
                yield prediction


def _classify(model: Model, samples: Array, file: Path) -> Prediction:
    """Return the prediction for the samples in a file."""
    if not len(samples):
        raise DataError(f"{file}: expected at least one sample, got none")
    try:
        return model.classify(samples)
    except DataError as error:
        raise DataError(f"{file}: {error}") from None


def _reader(
    model: Model, *, as_is: bool
) -> tuple[Callable[[Path], list[Path]], Callable[[Path], tuple[Array, bool]]]:
    """Return two functions: from a path to its files, and from a file to its samples.

    The second one also returns whether the file is a set of samples.
    """
    if model.normalization is None or model.image_shape is None:
        return lambda path: [path], lambda file: (read_array(file), True)
    shape = model.image_shape
    fit: Fit = "digit" if model.pictures == "digit" else "resize"

    def expand(path: Path) -> list[Path]:
        files, line = find_image_files(path)
        if line:
            print(f"nncore: {line}", file=sys.stderr)
        return files

    return expand, lambda file: read_image_file(file, shape, fit="none" if as_is else fit)
