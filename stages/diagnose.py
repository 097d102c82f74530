"""Find out why the network in params.yaml does not learn."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from nncore.diagnosis.diagnose import CHECKS
from nncore.diagnosis.diagnose import diagnose as examine
from nncore.diagnosis.findings import params_names
from nncore.diagnosis.range_test import RangeTest
from nncore.diagnosis.report import as_text, range_test_csv
from nncore.diagnosis.result import FINDINGS_EXIT_CODE
from nncore.errors import NncoreError
from nncore.network.network import Network
from stages.shared.command import run
from stages.shared.file_names import read_names
from stages.shared.files import write_text
from stages.shared.numerics import available_cores
from stages.shared.params import load_params
from stages.shared.prepared import DESCRIPTION_FILE, ProcessedError, read_description, read_split


def diagnose(
    *,
    params: Annotated[Path, typer.Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    section: Annotated[
        str,
        typer.Option(metavar="NAME", help="Section of the parameters to use.", show_default=False),
    ] = "",
    processed: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Folder that preprocess wrote.")
    ] = Path("data/processed"),
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the losses of the range test as CSV."),
    ] = None,
    png: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the range test as a PNG picture.")
    ] = None,
) -> None:
    """Find out why the network in params.yaml does not learn.

    A few hundred steps without augmentation measure the data, the initial weights, the gradients,
    the learning rate and the labels. Exit codes: 0 healthy, 3 findings, 1 an error.
    """
    config = load_params(params, section)
    if not (processed / DESCRIPTION_FILE).exists():
        raise ProcessedError(
            f"{processed}: expected prepared data, got none; dvc repro preprocess writes it"
        )
    description = read_description(processed / DESCRIPTION_FILE)
    data = read_split(processed, "train")
    network = Network(
        config.model,
        inputs=data.inputs.shape[1],
        outputs=description.outputs,
        numerics=config.numerics,
    )
    network.labels = description.class_names
    bar_format = "  {n}/{total} checks |{bar:30}| {desc}"
    with tqdm(
        total=len(CHECKS), leave=False, disable=not sys.stderr.isatty(), bar_format=bar_format
    ) as bar:

        def show(name: str) -> None:
            bar.n = CHECKS.index(name)
            bar.set_description_str(name)

        diagnosis = examine(network, config.train, data, workers=available_cores(), on_check=show)
    files = read_names(processed, {"train": len(data.targets)}).get("train", [])
    text = as_text(
        diagnosis,
        names=params_names,
        class_names=description.class_names,
        files=files.__getitem__ if files else None,
    )
    print(text)
    _write_range_test(diagnosis.range_test, diagnosis.lr, csv, png)
    if not diagnosis.healthy:
        raise SystemExit(FINDINGS_EXIT_CODE)


def _write_range_test(
    test: RangeTest | None, lr: float, csv: Path | None, png: Path | None
) -> None:
    if not (csv or png):
        return
    if test is None:
        raise NncoreError("expected data that allow a range test, see the finding")
    if csv:
        write_text(csv, range_test_csv(test))
    if png:
        # Imported here: Matplotlib takes longer to load than the whole diagnosis of small data.
        from stages.plots.range_test import draw_range_test  # noqa: PLC0415

        draw_range_test(png, test, lr)


if __name__ == "__main__":
    run(diagnose)
