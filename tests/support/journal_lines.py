"""Journals that no training has written, with numbers that a test chooses."""

import base64
import json
import os
import platform
import time
from pathlib import Path

import numpy as np

UNITS, SIDE = 3, 4


def base64_text(values) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")


def start(**changes: object) -> dict:
    """Return the first event of a training by this process."""
    return {
        "event": "start",
        "time": time.time(),
        "name": "train",
        "host": platform.node(),
        "process": os.getpid(),
        "first_epoch": 0,
        "layers": [[SIDE * SIDE, 5, "relu"], [5, 2, "softmax"]],
        "epochs": 20,
        "class_names": ["cat", "dog"],
        "picture": [SIDE, SIDE, 1],
        "parameters": {"train.lr": 0.1, "train.seed": 1},
    } | changes


def epoch(number: int, **changes: object) -> dict:
    """Return an event of an epoch: losses 2 / (n + 1) and 3 / (n + 1), accuracies by n / 20."""
    levels = np.full((UNITS, SIDE * SIDE), number - 60, np.int8)
    pixels = np.full(SIDE * SIDE, 10 * number, np.uint8)
    return {
        "event": "epoch",
        "time": time.time(),
        "epoch": number,
        "lr": 0.1 / (number + 1),
        "train_loss": 2 / (number + 1),
        "train_accuracy": number / 20,
        "validation_loss": 3 / (number + 1),
        "validation_accuracy": number / 25,
        "layers": [[1.0, 0.5, 0.25 / (number + 1)], [1.0, 0.5, 0.125 / (number + 1)]],
        "gradients": [1 / (number + 1), 2 / (number + 1)],
        "dead": [0.2],
        "saturated": [None],
        "units": base64_text(levels),
        "unit_limit": 0.5,
        "confusion": [[10, number], [0, 8]],
        "mistakes": [[7, 0, 1, 0.75]],
        "mistake_pictures": base64_text(pixels),
    } | changes


def end(state: str = "finished", **changes: object) -> dict:
    """Return the last event."""
    return {"event": "end", "time": time.time(), "state": state, "message": ""} | changes


def append(path: Path, *events: object) -> None:
    """Append events to a journal."""
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        for event in events:
            file.write(json.dumps(event).encode() + b"\n")


def read(path: Path) -> list[dict]:
    """Return the events of a journal all of whose lines must be whole."""
    return [json.loads(line) for line in path.read_bytes().splitlines() if line]
