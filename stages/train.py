"""Train the network in params.yaml."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from nncore.config.augment import AugmentSettings
from nncore.config.pictures import Pictures
from nncore.data.dataset import Data
from nncore.errors import DataError, DivergenceError
from nncore.model_file import save
from nncore.network.network import Network
from nncore.parallel import broadcast, is_root
from nncore.signals import exit_if_signalled
from nncore.training.history import EpochRecord
from nncore.training.loop import Training
from stages.distributed.launcher import run_under_launcher
from stages.distributed.mpi import MpiCommunicator, mpi_world
from stages.journal.content import make_thumbnails
from stages.journal.writer import Journal
from stages.shared.chance import Samples, chance_warning, diagnose_hint
from stages.shared.command import run
from stages.shared.digests import json_digest
from stages.shared.numerics import available_cores, numerics_note
from stages.shared.params import Params, load_params
from stages.shared.prepared import (
    DESCRIPTION_FILE,
    Description,
    ImageDescription,
    TableDescription,
    read_description,
    read_split,
    split_files,
)
from stages.shared.progress import epoch_lines
from stages.shared.provenance import provenance
from stages.shared.resume import delete_checkpoints, only_training, resume, write_checkpoint
from stages.shared.training_reports import live_reports, write_reports

# This file, by its path in the project.
PROGRAM = Path("stages", "train.py")
# Not shift: a picture of anything may move by a few pixels.
DISTORTIONS_OF_DIGITS = ("rotation", "scale", "shear", "alpha")


def train(
    *,
    params: Annotated[Path, typer.Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    section: Annotated[
        str,
        typer.Option(metavar="NAME", help="Section of the parameters to use.", show_default=False),
    ] = "",
    processed: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that preprocess wrote.")
    ] = Path("data/processed"),
    model: Annotated[Path, typer.Option(metavar="FILE", help="Model file to write.")] = Path(
        "models/model.npz"
    ),
    reports: Annotated[
        Path,
        typer.Option(metavar="FOLDER", help="Folder for train.json, history.csv and weights.csv."),
    ] = Path("reports"),
    checkpoints: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Folder of checkpoints, from which an interrupted training resumes.",
        ),
    ] = Path(".checkpoints"),
) -> None:
    """Train a network; write the model, its metrics and its history.

    With NNCORE_LAUNCH="mpiexec -n 2" two processes train it together and write the same bytes.
    """
    config = load_params(params, section)
    if run_under_launcher("train", checkpoints):
        return
    hint = diagnose_hint(params, section, processed)
    with mpi_world() as communicator:
        folders = processed, model, reports
        try:
            _train(config, *folders, checkpoints=checkpoints, communicator=communicator, hint=hint)
        except DivergenceError as error:
            raise DivergenceError(f"{error}\n{hint}") from None


def _train(
    config: Params,
    processed: Path,
    model: Path,
    reports: Path,
    *,
    checkpoints: Path,
    communicator: MpiCommunicator | None,
    hint: str,
) -> None:
    description = read_description(processed / DESCRIPTION_FILE)
    data, validation = read_split(processed, "train"), read_split(processed, "validation")
    network = Network(
        config.model,
        inputs=data.inputs.shape[1],
        outputs=description.outputs,
        numerics=config.numerics,
    )
    # The names that train.class_weight uses.
    network.labels = description.class_names
    print(network.describe(), end="\n\n")
    if line := numerics_note(config.numerics):
        print(line, end="\n\n")
    _check_distortions(config.train.augment, description)
    # Rank 0 alone computes the provenance, for which it reads all data.
    files = split_files(processed, "train", "validation")
    model_provenance = provenance(PROGRAM, config, files) if is_root(communicator) else {}
    model_provenance = broadcast(communicator, model_provenance)
    folder = checkpoints / json_digest(model_provenance)[:16]

    grid = description.grid()
    journal = Journal(
        folder.name,
        "train",
        network,
        config.train,
        validation,
        class_names=description.class_names,
        thumbnails=make_thumbnails(description),
    )
    # Only the root writes the journal.
    observer = journal.observer if is_root(communicator) else None

    def new_training() -> Training:
        return Training(
            network,
            config.train,
            data,
            validation if len(validation.inputs) else None,
            grid=grid,
            workers=communicator.cores if communicator else available_cores(),
            communicator=communicator,
            observer=observer,
        )

    with ExitStack() as stack:
        if is_root(communicator):
            stack.enter_context(only_training(folder))
            stack.enter_context(journal)
        training = resume(new_training, folder, communicator)
        if is_root(communicator):
            journal.begin(training)
            update_reports = stack.enter_context(live_reports(reports, training))
        with epoch_lines(len(training.history) - 1, config.train.epochs) as show:
            show(training.history[-1])
            while not training.finished:
                show(training.run_epoch())
                if is_root(communicator):
                    write_checkpoint(training, folder)
                    journal.record(training)
                    update_reports()
                exit_if_signalled()
        kept = training.history[training.restore_kept_weights()]
        if not is_root(communicator):
            return
        model.parent.mkdir(parents=True, exist_ok=True)
        # The model last: DVC accepts no outputs without it.
        write_reports(reports, training, kept)
        save(model, description.model(network, model_provenance))
        delete_checkpoints(folder)
    print(f"\nkept epoch {kept.epoch} of {len(training.history) - 1}: {model}")
    samples: Samples = "rows" if isinstance(description, TableDescription) else "images"
    if line := _chance_warning(kept, data, validation, samples):
        print(f"{line}\n{hint}")


def _check_distortions(settings: AugmentSettings, description: Description) -> None:
    """Warn if images that are not digits are distorted; refuse to distort rows of a table."""
    if not isinstance(description, ImageDescription):
        require_no_distortion(settings)
    elif line := distortion_warning(settings, description.pictures):
        print(line, end="\n\n")


def distortion_warning(settings: AugmentSettings, pictures: Pictures) -> str:
    """Return a sentence if images that are not digits are distorted, else an empty string.

    Parameters
    ----------
    pictures : how a picture becomes one of the images
    """
    names = [name for name in DISTORTIONS_OF_DIGITS if getattr(settings, name)]
    if pictures == "digit" or not names:
        return ""
    keys = ", ".join(f"train.augment.{name}" for name in names)
    return (
        f"warning: images that are not digits are distorted as digits are, by {keys}; "
        f"set {'this' if len(names) == 1 else 'these'} to 0, unless distorted images keep their "
        "class"
    )


def require_no_distortion(settings: AugmentSettings) -> None:
    """Raise `DataError` if rows of a table would be distorted as images are."""
    for name in (*DISTORTIONS_OF_DIGITS, "shift"):
        if value := getattr(settings, name):
            raise DataError(
                f"train.augment.{name}: expected 0 for a table, got {value:g}; python -m "
                "stages.adopt writes settings that suit a table"
            )


def _chance_warning(kept: EpochRecord, train: Data, validation: Data, samples: Samples) -> str:
    """Return a sentence if the network has learnt nothing, else an empty string."""
    if kept.train_accuracy is None:
        return ""
    if kept.validation_accuracy is None:
        return chance_warning("training", kept.train_accuracy, _class_counts(train), samples)
    counts = _class_counts(validation)
    return chance_warning("validation", kept.validation_accuracy, counts, samples)


def _class_counts(data: Data) -> NDArray[np.int64]:
    # The targets are one-hot rows.
    counts: NDArray[np.int64] = data.targets.sum(axis=0, dtype=np.float64).astype(np.int64)
    return counts


if __name__ == "__main__":
    run(train)
