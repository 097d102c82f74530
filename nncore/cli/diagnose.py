"""The command diagnose: a training that options describe, on the samples in an .npz file."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import numpy as np

from nncore.arrays import Array, as_matrix
from nncore.config.architecture import (
    ActivationName,
    Architecture,
    HiddenActivationName,
    InitializerName,
    LossName,
)
from nncore.config.optimizer import OptimizerName, OptimizerSettings
from nncore.config.training import TrainingSettings
from nncore.data.dataset import Data, Uint8Images
from nncore.diagnosis.diagnose import diagnose
from nncore.diagnosis.report import as_text, range_test_csv
from nncore.diagnosis.result import FINDINGS_EXIT_CODE
from nncore.errors import DataError
from nncore.files import atomic_write, open_zip
from nncore.model_file import load
from nncore.network.network import Network

ARRAY_NAMES = (("X", "y"), ("x_train", "y_train"))


def print_diagnosis(options: argparse.Namespace) -> int:
    """Print a diagnosis; return 3 if it has findings."""
    samples, targets = _read_arrays(options.data)
    network, data = _network_and_data(options, samples, targets)
    with _show_progress() as show:
        diagnosis = diagnose(network, _settings(options), data, on_check=show)
    print(as_text(diagnosis, class_names=diagnosis.labels))
    if options.csv:
        if diagnosis.range_test is None:
            expected = "expected data that allow a range test"
            raise DataError(f"{options.data}: {expected}, see the finding")
        atomic_write(options.csv, range_test_csv(diagnosis.range_test).encode())
    return 0 if diagnosis.healthy else FINDINGS_EXIT_CODE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    architecture = {field.name: field.default for field in fields(Architecture)}
    settings, optimizer = TrainingSettings(), OptimizerSettings()
    parser.add_argument("data", metavar="DATA.npz", type=Path, help="samples and their targets")
    parser.add_argument("--model", metavar="MODEL.npz", type=Path, help="layers from a model file")
    parser.add_argument(
        "--hidden",
        metavar="UNITS",
        type=_units,
        default=architecture["hidden"],
        help="units of the hidden layers, such as 256,128; 0 for none (default: 128)",
    )
    for name, choices in (
        ("activation", HiddenActivationName),
        ("output", ActivationName),
        ("loss", LossName),
        ("weight_init", InitializerName),
    ):
        _add(parser, name, architecture[name], choices=get_args(choices))
    scale = architecture["weight_scale"]
    _add(parser, "weight_scale", scale, "factor on the initial weights", type=float)
    _add(parser, "lr", settings.lr, "learning rate", type=float)
    _add(parser, "batch_size", settings.batch_size, "samples in a step", type=int)
    _add(parser, "optimizer", optimizer.name, choices=get_args(OptimizerName))
    _add(
        parser,
        "momentum",
        optimizer.momentum,
        "factor of the optimizers momentum and nesterov",
        type=float,
    )
    _add(parser, "seed", settings.seed, "seed of all random numbers", type=int)
    parser.add_argument(
        "--csv", metavar="FILE", type=Path, help="write the losses of the range test as CSV"
    )


@contextmanager
def _show_progress() -> Iterator[Any]:
    """Yield a function that shows the name of a check on a terminal, over the previous name."""
    shows = sys.stderr.isatty()

    def show(name: str) -> None:
        if shows:
            print(f"\r{name:<20}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        if shows:
            print(f"\r{'':<20}\r", end="", file=sys.stderr, flush=True)


def _add(
    parser: argparse.ArgumentParser,
    name: str,
    default: object,
    meaning: str = "",
    **keywords: Any,  # noqa: ANN401
) -> None:
    choices = keywords.get("choices", ())
    keywords["metavar"] = "NAME" if choices else "NUMBER"
    text = f"{meaning or ', '.join(choices)} (default: %(default)s)"
    parser.add_argument(f"--{name.replace('_', '-')}", default=default, help=text, **keywords)


def _units(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(int(count) for count in text.split(","))
    except ValueError:
        expected = "expected integers, separated by commas"
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}") from None
    return () if counts == (0,) else counts


def _settings(options: argparse.Namespace) -> TrainingSettings:
    return TrainingSettings(
        seed=options.seed,
        batch_size=options.batch_size,
        lr=options.lr,
        optimizer=OptimizerSettings(name=options.optimizer, momentum=options.momentum),
    )


def _network_and_data(
    options: argparse.Namespace, samples: Array, targets: Array
) -> tuple[Network, Data]:
    if options.model:
        model = load(options.model)
        inputs: Any = samples
        if model.normalization is not None and samples.dtype == np.uint8:
            pixels = as_matrix("X", samples, model.network.inputs)
            inputs = Uint8Images(pixels, model.normalization.table())
        return model.network, Data(inputs, targets)
    architecture = Architecture(
        hidden=options.hidden,
        activation=options.activation,
        output=options.output,
        loss=options.loss,
        weight_init=options.weight_init,
        weight_scale=options.weight_scale,
    )
    data = Data(samples, targets)
    outputs = _output_count(data, regression=options.output == "identity")
    return Network(architecture, inputs=data.inputs.shape[1], outputs=outputs), data


def _output_count(data: Data, *, regression: bool) -> int:
    """Return the number of classes, or of numbers to predict."""
    targets = data.targets
    if targets.ndim > 1:
        return int(targets.shape[1])
    if regression:
        return 1
    if targets.dtype.kind in "iu" and targets.size and targets.min() == 0:
        return max(int(targets.max()) + 1, 2)
    return max(len(np.unique(targets)), 2)


def _read_arrays(path: Path) -> tuple[Array, Array]:
    """Return the samples and the targets in an .npz file.

    Raises
    ------
    ArchiveError
        The file is no intact .npz file, or has no such arrays.
    OSError
        The file can't be opened.
    """
    expected = "a NumPy .npz file with the arrays X and y"
    with open_zip(path, expected) as (archive, _):
        entries = set(archive.namelist())
        for names in ARRAY_NAMES:
            files = [f"{name}.npy" for name in names]
            if entries.issuperset(files):
                samples, targets = (_read_array(archive.open(file)) for file in files)
                return samples, targets
        got = ", ".join(sorted(name.removesuffix(".npy") for name in entries)) or "no array"
        raise ValueError(got)


def _read_array(file: Any) -> Array:  # noqa: ANN401  zipfile's own type of file
    with file:
        array: Array = np.lib.format.read_array(file, allow_pickle=False)
    return array
