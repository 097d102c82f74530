"""Train the network that params.yaml describes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from nncore.history import EpochRecord
from nncore.model import Model
from nncore.network import Network
from nncore.persistence import save_model
from nncore.resampling import Canvas
from nncore.signals import exit_if_signalled
from nncore.team import first, leads
from nncore.training import Training
from stages.command import run
from stages.files import replacing, write_csv, write_json
from stages.launch import launched
from stages.numerics import available_cores, caveat, hold
from stages.params import Params, load_params
from stages.processed import DESCRIPTION, part_files, read_description, read_part
from stages.progress import epoch_lines
from stages.provenance import digest, provenance
from stages.ranks import Ranks, joined
from stages.resume import checkpoint, forget, resume

HISTORY = (
    "epoch",
    "lr",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)
WEIGHTS = ("epoch", "layer", "norm", "from_start", "from_last")


def train(
    *,
    params: Annotated[Path, typer.Option(help="Parameters.")] = Path("params.yaml"),
    section: Annotated[str, typer.Option(help="Section of them to use.", show_default=False)] = "",
    processed: Annotated[Path, typer.Option(help="Folder that preprocess wrote.")] = Path(
        "data/processed"
    ),
    model: Annotated[Path, typer.Option(help="Model file to write.")] = Path("models/model.npz"),
    reports: Annotated[
        Path, typer.Option(help="Folder for train.json, history.csv and weights.csv.")
    ] = Path("reports"),
    checkpoints: Annotated[
        Path, typer.Option(help="Folder to go on from after an interruption.")
    ] = Path(".checkpoints"),
) -> None:
    """Train a network and write the model, its metrics and its history.

    With NNCORE_LAUNCH="mpiexec -n 2" two processes train it together, to the same bytes.
    """
    config = load_params(params, section)
    if launched("train"):
        return
    hold(config.numerics)
    with joined(config.train.shards) as team:
        _train(config, processed, model, reports, checkpoints=checkpoints, team=team)


def _train(
    config: Params,
    processed: Path,
    model: Path,
    reports: Path,
    *,
    checkpoints: Path,
    team: Ranks | None,
) -> None:
    description = read_description(processed / DESCRIPTION)
    data, validation = read_part(processed, "train"), read_part(processed, "validation")
    network = Network(
        config.model, inputs=data.images.shape[1], outputs=len(description.class_names)
    )
    print(network.describe(), end="\n\n")
    if line := caveat(config.numerics):
        print(line, end="\n\n")
    # All data go into it, of which the other ranks read no more than their own rows.
    files = part_files(processed, "train", "validation")
    origin = first(team, provenance(config, files) if leads(team) else {})
    folder = checkpoints / digest(origin)

    canvas = Canvas(*description.image_shape, float(description.scaling.table()[0]))

    def make() -> Training:
        held_out = validation if len(validation.images) else None
        workers = team.cores if team else available_cores()
        given = network, config.train, data, held_out
        return Training(*given, canvas=canvas, workers=workers, team=team)

    training = resume(make, folder, team)
    with epoch_lines(len(training.history) - 1, config.train.epochs) as show:
        show(training.history[-1])
        while not training.finished:
            show(training.run_epoch())
            if leads(team):
                checkpoint(training, folder)
            exit_if_signalled()
    kept = training.history[training.finish()]
    if not leads(team):
        return
    with replacing(model) as temporary:
        save_model(temporary, Model(network, *description, origin))
    history = training.history
    write_csv(reports / "history.csv", HISTORY, ([getattr(r, c) for c in HISTORY] for r in history))
    write_csv(reports / "weights.csv", WEIGHTS, _movements(history))
    write_json(reports / "train.json", _metrics(network, history, kept))
    forget(folder)
    print(f"\nkept epoch {kept.epoch} of {len(history) - 1}: {model}")


def _movements(history: list[EpochRecord]) -> Iterator[tuple[float, ...]]:
    for record in history:
        for layer, moved in enumerate(record.layers, start=1):
            yield record.epoch, layer, moved.norm, moved.from_start, moved.from_last


def _metrics(network: Network, history: list[EpochRecord], kept: EpochRecord) -> dict[str, Any]:
    metrics: dict[str, Any] = {
        "epochs": len(history) - 1,
        "kept_epoch": kept.epoch,
        "parameters": network.parameters.size,
        "train": {"accuracy": kept.train_accuracy, "loss": kept.train_loss},
    }
    if kept.validation_loss is not None:
        metrics["validation"] = {
            "accuracy": kept.validation_accuracy,
            "loss": kept.validation_loss,
        }
    return metrics


if __name__ == "__main__":
    run(train)
