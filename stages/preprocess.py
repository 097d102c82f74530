"""Preprocess: write raw data as the rows of inputs and of targets that train and evaluate read.

The stage works in batches, so its memory does not grow with the data set.
"""

from pathlib import Path
from typing import Annotated

from typer import Option

from stages.preprocessing.images import preprocess_images
from stages.preprocessing.tables import preprocess_table
from stages.shared.command import run
from stages.shared.params import load_params
from stages.shared.raw_tables import read_raw_table


def preprocess(
    params: Annotated[Path, Option(metavar="FILE", help="Parameters.")] = Path("params.yaml"),
    raw: Annotated[Path, Option(metavar="FOLDER", help="Input: folder that fetch wrote.")] = Path(
        "data/raw"
    ),
    processed: Annotated[
        Path, Option(metavar="FOLDER", help="Output: arrays and their description.")
    ] = Path("data/processed"),
    reports: Annotated[Path, Option(metavar="FOLDER", help="Folder for data.json.")] = Path(
        "reports"
    ),
    section: Annotated[
        str, Option(metavar="NAME", help="Section of the parameters to use.", show_default=False)
    ] = "",
) -> None:
    """Scale the inputs, hold out the validation set, write arrays and a report on the data.

    The splits keep the order of the raw files. The scaling depends only on the training set.
    """
    settings = load_params(params, section).preprocess
    if table := read_raw_table(raw):
        preprocess_table(table, raw, processed, reports, settings)
    else:
        preprocess_images(raw, processed, reports, settings)


if __name__ == "__main__":
    run(preprocess)
