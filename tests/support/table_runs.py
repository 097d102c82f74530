"""Tables that go through fetch and preprocess in a folder."""

import json
from pathlib import Path

import numpy as np

from stages.formats.tabular.source import fetch_table
from stages.preprocessing.tables import preprocess_table
from stages.shared.data_params import FetchSettings, PreprocessSettings, TableSettings
from stages.shared.raw_tables import read_raw_table

SETTINGS = PreprocessSettings(scaling="standard")


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def fetch(path, target, *, output="softmax", drop=None, categorical=None, **settings):
    """Write data/raw beside the table; return its folder."""
    raw = path.parent / "raw"
    raw.mkdir(exist_ok=True)
    table = TableSettings(target=target, drop=drop, categorical=categorical)
    fetch_table(
        raw, FetchSettings(dataset="table", path=str(path), table=table, **settings), output
    )
    return raw


def preprocess(raw, settings=SETTINGS):
    """Write data/processed beside data/raw; return its folder."""
    folder = raw.parent
    processed = folder / "processed"
    for name in ("processed", "reports"):
        (folder / name).mkdir(exist_ok=True)
    preprocess_table(read_raw_table(raw), raw, processed, folder / "reports", settings)
    return processed


def array(folder, name):
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def read_json(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))
