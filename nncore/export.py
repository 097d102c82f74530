"""A model as an ONNX file that any runtime of that format computes, raw pixels in."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from nncore.activations import HIGH, LEAKY_SLOPE
from nncore.architecture import ActivationName
from nncore.arrays import Array
from nncore.errors import NncoreError
from nncore.model import Model

# The oldest in which Softmax and ReduceSum mean what they do today, and the file format of its
# time, so that runtimes since November 2020 read it.
OPSET = 13
IR_VERSION = 7
# Protocol Buffers allow 2 GiB; what is not parameters takes far less than a mebibyte.
LARGEST = 2**31 - 2**20

PIXELS, LABEL, PROBABILITIES = "pixels", "label", "probabilities"


class ExportError(NncoreError):
    """A model that an ONNX file can't hold."""


class _Graph:
    """Nodes and constants in the order in which they were added, which is that of the file."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        """Add a constant; return its name."""
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def number(self, name: str, value: float) -> str:
        """Add a float32 constant without dimensions; return its name."""
        return self.constant(name, np.array(value, np.float32))

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node that writes the value `name`; return it."""
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name


def to_onnx(model: Model) -> bytes:
    """Return the bytes of an ONNX file; of the same model, the same bytes.

    The graph agrees with `Model.predict`:

    =============  =============================  =============================================
    pixels         (n, rows, columns) uint8       input; n is any number of images
    label          (n,) int64                     class: an index into the class names
    probabilities  (n, classes) float32           as `nncore.model.judge` reads the outputs
    =============  =============================  =============================================

    Its metadata are JSON texts: `class_names`, `image_shape` and `provenance`.

    Raises
    ------
    ExportError
        More parameters than such a file can hold.
    ValueError
        Parameters that are not float32.

    References
    ----------
    ONNX operators: https://onnx.ai/onnx/operators/
    """
    parameters = model.network.parameters
    if parameters.dtype != np.float32:
        raise ValueError(f"parameters must be float32, got {parameters.dtype}")
    if parameters.nbytes > LARGEST:
        raise ExportError(
            f"parameters must take at most {LARGEST} bytes in ONNX, got {parameters.nbytes}"
        )
    content: bytes = _proto(model).SerializeToString(deterministic=True)
    return content


def _proto(model: Model) -> ModelProto:
    graph = _Graph()
    outputs = _outputs(graph, model, _scaled(graph, model))
    # Of the outputs themselves, as `judge` does.
    graph.node("ArgMax", [outputs], LABEL, axis=1, keepdims=0)
    _probabilities(graph, model, outputs)
    types: dict[str, tuple[int, list[int | str]]] = {
        PIXELS: (TensorProto.UINT8, ["n", *model.image_shape]),
        LABEL: (TensorProto.INT64, ["n"]),
        PROBABILITIES: (TensorProto.FLOAT, ["n", len(model.class_names)]),
    }
    infos = {name: helper.make_tensor_value_info(name, *of) for name, of in types.items()}
    made = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "nncore",
            [infos[PIXELS]],
            [infos[LABEL], infos[PROBABILITIES]],
            graph.constants,
        ),
        producer_name="nncore",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    texts = {
        "class_names": model.class_names,
        "image_shape": model.image_shape,
        "provenance": model.provenance,
    }
    helper.set_model_props(
        made,
        {
            key: json.dumps(value, ensure_ascii=False, sort_keys=True)
            for key, value in texts.items()
        },
    )
    return made


def _scaled(graph: _Graph, model: Model) -> str:
    """Add (pixel - mean) / std, image by image in one row."""
    mean = graph.number("pixel_mean", model.scaling.mean)
    std = graph.number("pixel_std", model.scaling.std)
    values = graph.node("Cast", [PIXELS], "values", to=TensorProto.FLOAT)
    centred = graph.node("Sub", [values, mean], "centred")
    scaled = graph.node("Div", [centred, std], "scaled")
    return graph.node("Flatten", [scaled], "a_0", axis=1)


def _outputs(graph: _Graph, model: Model, a: str) -> str:
    """Add the layers; names are those of the documentation: z_l = a_{l-1} @ weight_l + bias_l."""
    network = model.network
    arrays = zip(network.layers, network.weights, network.biases, strict=True)
    for number, (layer, weight, bias) in enumerate(arrays, start=1):
        weight_name = graph.constant(f"weight_{number}", weight)
        bias_name = graph.constant(f"bias_{number}", bias)
        z = graph.node("Gemm", [a, weight_name, bias_name], f"z_{number}")
        a = ACTIVATIONS[layer.activation](graph, z, f"a_{number}")
    return a


def _sigmoid(graph: _Graph, z: str, name: str) -> str:
    """Add e / (1 + e) with e = exp(z), as `nncore.activations` computes it.

    Not ONNX's Sigmoid, which runtimes approximate to an absolute error: where all outputs are far
    below that, their shares of the sum would be noise.
    """
    high, one = graph.number(f"{name}_high", float(HIGH)), graph.number(f"{name}_one", 1)
    e = graph.node("Exp", [graph.node("Min", [z, high], f"{name}_z")], f"{name}_e")
    return graph.node("Div", [e, graph.node("Add", [e, one], f"{name}_e_1")], name)


ACTIVATIONS: dict[ActivationName, Callable[[_Graph, str, str], str]] = {
    "identity": lambda graph, z, name: graph.node("Identity", [z], name),
    "leaky_relu": lambda graph, z, name: graph.node("LeakyRelu", [z], name, alpha=LEAKY_SLOPE),
    "relu": lambda graph, z, name: graph.node("Relu", [z], name),
    "sigmoid": _sigmoid,
    "softmax": lambda graph, z, name: graph.node("Softmax", [z], name, axis=1),
    "tanh": lambda graph, z, name: graph.node("Tanh", [z], name),
}


def _probabilities(graph: _Graph, model: Model, outputs: str) -> None:
    """Add what `nncore.model.judge` makes of the outputs."""
    zero, one = graph.number("zero", 0), graph.number("one", 1)
    even = graph.number("even", 1 / model.network.outputs)
    clipped = graph.node("Clip", [outputs, zero, one], "clipped")
    axis = graph.constant("classes_axis", np.array([1], np.int64))
    total = graph.node("ReduceSum", [clipped, axis], "total", keepdims=1)
    some = graph.node("Greater", [total, zero], "some")
    # Where all are 0 the share is not a number, and not taken.
    share = graph.node("Div", [clipped, total], "share")
    graph.node("Where", [some, share, even], PROBABILITIES)
