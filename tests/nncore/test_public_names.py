"""`import nncore` offers names, cheaply, and refuses what they can't use in one line."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nncore
from nncore.adapters.onnx import to_onnx
from nncore.config.augment import AugmentSettings
from nncore.config.optimizer import OptimizerSettings
from nncore.config.schedule import ScheduleSettings
from nncore.config.training import RegularizationSettings, StoppingSettings
from nncore.data.preprocessing import Normalization
from nncore.data.resampling import ImageGrid
from nncore.errors import NncoreError

ROOT = Path(__file__).parents[2]
CORNERS, EXCLUSIVE_OR = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]


def network():
    return nncore.Network(nncore.Architecture(hidden=(3,)), inputs=2, outputs=2)


def test_the_names_are_those_of_the_stub():
    """A type checker reads the stub, a program the lazy names."""
    stub = ast.parse((ROOT / "nncore" / "__init__.pyi").read_text(encoding="utf-8"))
    imported = {
        alias.name: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(imported) | {"__version__"} == set(nncore.__all__) == set(dir(nncore))
    for name, module in imported.items():
        assert getattr(nncore, name).__module__ == module


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'nncore' has no attribute 'Nothing'"):
        nncore.Nothing  # noqa: B018


def test_the_import_loads_neither_numpy_nor_typing():
    large = {"importlib.metadata", "numpy", "typing"}
    code = f"import sys, nncore; print(sorted({large} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def trained():
    model = nncore.Model(network(), image_shape=(1, 2), normalization=Normalization())
    return {"model": model, "network": model.network}


# What is called, with arguments that it takes.
CALLS = {
    "Architecture": (nncore.Architecture, {}),
    "TrainingSettings": (nncore.TrainingSettings, {}),
    "OptimizerSettings": (OptimizerSettings, {}),
    "ScheduleSettings": (ScheduleSettings, {}),
    "RegularizationSettings": (RegularizationSettings, {}),
    "StoppingSettings": (StoppingSettings, {}),
    "AugmentSettings": (AugmentSettings, {}),
    "Normalization": (Normalization, {}),
    "ImageGrid": (ImageGrid, {"rows": 1, "columns": 2}),
    "Network": (
        nncore.Network,
        {"architecture": nncore.Architecture(), "inputs": 2, "outputs": 2, "dtype": np.float32},
    ),
    "Network.predict": (network().predict, {"X": CORNERS}),
    "Network.predict_proba": (network().predict_proba, {"X": CORNERS}),
    "Data": (nncore.Data, {"X": CORNERS, "y": EXCLUSIVE_OR}),
    "Model": (nncore.Model, {"network": network()}),
    "Model.predict": (trained()["model"].predict, {"X": CORNERS}),
    "Model.predict_proba": (trained()["model"].predict_proba, {"X": CORNERS}),
    "Model.classify": (trained()["model"].classify, {"X": CORNERS}),
    "fit": (
        nncore.fit,
        {
            "network": network(),
            "settings": nncore.TrainingSettings(epochs=1),
            "train": nncore.Data(CORNERS, EXCLUSIVE_OR),
            "validation": None,
        },
    ),
    "load": (nncore.load, {"path": "model.npz"}),
    "save": (nncore.save, {"path": "model.npz", "model": network()}),
    "to_onnx": (to_onnx, {"model": trained()["model"]}),
}
WRONG = {
    "an object": object(),
    "None": None,
    "text": "nonsense",
    "a negative number": -1,
    "a fraction": 1.5,
    "a large number": 10**400,
    "NaN": float("nan"),
    "a boolean": True,
    "an empty list": [],
    "a list of lists": [[1], [1, 2]],
    "a list of objects": [object()],
    "a dict": {},
    "a class": int,
    "an array": np.ones((2, 2)),
    "complex numbers": np.ones((4, 2), complex),
    "dates": np.array([["2000-01-01"] * 2] * 4, "M8[D]"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (call, argument)
        for call, (function, _) in CALLS.items()
        for argument in inspect.signature(function).parameters
    ],
)
def test_a_wrong_argument_is_one_line_with_its_name(call, argument, wrong, tmp_path, monkeypatch):
    """What it takes after all, such as 1.5 for a rate, is no fault."""
    monkeypatch.chdir(tmp_path)
    function, arguments = CALLS[call]
    if argument in {"on_epoch", "lr_schedule"} and callable(WRONG[wrong]):
        pytest.skip("what a function does is the caller's")
    try:
        function(**arguments | {argument: WRONG[wrong]})
    except NncoreError as error:
        line = str(error)
        assert line.splitlines() == [line]
        assert re.search(rf"\b{argument}\b", line)
        assert " must " in line
        assert "got " in line
    except OSError as error:
        # A path of no file.
        assert argument == "path"
        assert str(error.filename) in {WRONG[wrong], "model.npz"}  # noqa: PT017
