"""Exported models in ONNX Runtime."""

import onnxruntime

from nncore.adapters.onnx import to_onnx
from nncore.model import Model


def session(model: Model) -> onnxruntime.InferenceSession:
    """Return a session of a model's export, on one thread."""
    options = onnxruntime.SessionOptions()
    # The suite has a process for each core.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(to_onnx(model), options, providers=["CPUExecutionProvider"])
