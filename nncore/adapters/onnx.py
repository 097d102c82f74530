"""Export of a model as an ONNX file."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from nncore.adapters.table_graph import ML_DOMAIN, ML_OPSET, add_columns, column_inputs
from nncore.arrays import Array
from nncore.config.architecture import ActivationName
from nncore.errors import ExportError, require_type
from nncore.functions.activations import LEAKY_SLOPE
from nncore.functions.plain import SIGMOID_MAX_INPUT
from nncore.model import Model
from nncore.network.network import Network

# The oldest opset with today's meaning of Softmax and ReduceSum, and its file format. Runtimes
# since November 2020 read both.
OPSET = 13
OPSETS = {"": OPSET, ML_DOMAIN: ML_OPSET}
IR_VERSION = 7
# Protocol Buffers allow 2 GiB; everything but the parameters takes far less than 1 MiB.
MAX_PARAMETER_BYTES = 2**31 - 2**20

PIXELS, SAMPLES = "pixels", "samples"
LABEL, PROBABILITIES, NUMBERS = "label", "probabilities", "numbers"


class _Graph:
    """The nodes and constants of a file, in their order.

    Parameters
    ----------
    inputs : names of the graph's inputs, which no node or constant may have
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        self._inputs = frozenset(inputs)
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        """Add a constant; return its name."""
        name = self._free_name(name)
        self.constants.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def number(self, name: str, value: float) -> str:
        """Add a float32 scalar constant; return its name."""
        return self.constant(name, np.array(value, np.float32))

    def node(self, operator: str, inputs: list[str], name: str, **attributes: Any) -> str:  # noqa: ANN401
        """Add a node; return the name of its output."""
        name = self._free_name(name)
        self.nodes.append(helper.make_node(operator, inputs, [name], name, **attributes))
        return name

    def cast(self, value: str, data_type: str, name: str) -> str:
        """Add a node that casts to a type of ONNX; return the name of its output."""
        return self.node("Cast", [value], name, to=TensorProto.DataType.Value(data_type))

    def _free_name(self, name: str) -> str:
        while name in self._inputs:
            name += "_"
        return name


def to_onnx(model: Model | Network) -> bytes:
    """Return the bytes of an ONNX file; equal models give equal bytes.

    The graph agrees with `Model.classify`, or with `Model.predict` of a regression, up to rounding.
    Both predict the first class of equal outputs; but outputs that are equal in one may differ in
    their last bit in the other. n is any number of samples:

    =============  =============================  =============================================
    pixels         (n, rows, columns) uint8       input of a model of grey images
    pixels         (n, rows, columns, 3) uint8    the same of colour images: red, green, blue
    heading        (n, 1) float64 or string       input for each column of a model of tables
    samples        (n, inputs) float32            input of any other model
    label          (n,) int64                     class: an index into the class names
    probabilities  (n, classes) float32           see `nncore.network.prediction.Prediction`
    numbers        (n, outputs) float32           outputs of a regression, in place of both
    numbers        (n, 1) float64                 the same in the unit of its target
    =============  =============================  =============================================

    A missing number is NaN, a missing category one of `nncore.data.table_values.MISSING_TEXTS`. An
    underscore follows a heading that is the name of an output.

    Parameters of float64 are rounded to float32. The metadata `class_names`, `image_shape`,
    `provenance` and, where a model has them, `columns` and `target` are JSON texts.

    Raises
    ------
    ExportError
        The parameters exceed the size of an ONNX file, or float32.
    SettingsError
        `model` has another type, or a parameter is not finite.

    References
    ----------
    ONNX operators: https://onnx.ai/onnx/operators/
    """
    require_type("model", model, Model, Network)
    if isinstance(model, Network):
        model = Model(model)
    model.network.require_finite()
    parameters = model.network.parameters
    if (size := 4 * parameters.size) > MAX_PARAMETER_BYTES:
        raise ExportError(
            f"parameters must take at most {MAX_PARAMETER_BYTES} bytes in ONNX, got {size}"
        )
    if parameters.dtype != np.float32 and np.abs(parameters).max() > np.finfo(np.float32).max:
        raise ExportError(f"parameters must fit into float32, got {np.abs(parameters).max():g}")
    content: bytes = _proto(model).SerializeToString(deterministic=True)
    return content


def _proto(model: Model) -> ModelProto:
    outputs = (NUMBERS,) if model.is_regression else (LABEL, PROBABILITIES)
    columns = [] if model.columns is None else column_inputs(model.columns, outputs)
    graph = _Graph(column.name for column in columns)
    if columns:
        infos = [_value_info(column.name, column.data_type, 1) for column in columns]
        a = add_columns(graph, columns)
    else:
        info, a = _add_input(graph, model)
        infos = [info]
    a = _add_layers(graph, model, a)
    add_outputs = _add_numbers if model.is_regression else _add_label_and_probabilities
    results = add_outputs(graph, model, a)
    domains = sorted({node.domain for node in graph.nodes})
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "nncore", infos, results, graph.constants),
        producer_name="nncore",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid(domain, OPSETS[domain]) for domain in domains],
    )
    texts: dict[str, object] = {
        "class_names": model.labels,
        "image_shape": model.image_shape,
        "provenance": model.provenance,
    }
    if columns:
        texts["columns"] = [{"input": name, **asdict(column)} for column, name, _ in columns]
    if model.target is not None:
        texts["target"] = asdict(model.target)
    helper.set_model_props(
        proto,
        {
            key: json.dumps(value, ensure_ascii=False, sort_keys=True)
            for key, value in texts.items()
        },
    )
    return proto


def _value_info(name: str, data_type: str, *shape: int) -> ValueInfoProto:
    """Return an input or an output of shape (n, ...), with the sizes `shape` after n."""
    code = TensorProto.DataType.Value(data_type)
    return helper.make_tensor_value_info(name, code, ["n", *shape])


def _add_input(graph: _Graph, model: Model) -> tuple[ValueInfoProto, str]:
    """Return the input of pixels or samples, and the name of its rows as float32.

    Pixels become (pixel - mean) / std.
    """
    if model.normalization is None:
        return _value_info(SAMPLES, "FLOAT", model.network.inputs), SAMPLES
    mean = graph.number("pixel_mean", model.normalization.mean)
    std = graph.number("pixel_std", model.normalization.std)
    values = graph.cast(PIXELS, "FLOAT", "values")
    centred = graph.node("Sub", [values, mean], "centred")
    scaled = graph.node("Div", [centred, std], "scaled")
    shape = model.image_shape or (model.network.inputs,)
    return _value_info(PIXELS, "UINT8", *shape), graph.node("Flatten", [scaled], "a_0", axis=1)


def _add_layers(graph: _Graph, model: Model, a: str) -> str:
    """Add z_l = a_{l-1} @ weight_l + bias_l and a_l of all layers; return the name of a_L."""
    network = model.network
    arrays = zip(network.layers, network.weights, network.biases, strict=True)
    for number, (layer, weight, bias) in enumerate(arrays, start=1):
        weight_name = graph.constant(f"weight_{number}", weight.astype(np.float32))
        bias_name = graph.constant(f"bias_{number}", bias.astype(np.float32))
        z = graph.node("Gemm", [a, weight_name, bias_name], f"z_{number}")
        a = ACTIVATIONS[layer.activation](graph, z, f"a_{number}")
    return a


def _add_classes(graph: _Graph, model: Model, outputs: str) -> str:
    """Add an output for each class, as `nncore.network.prediction.class_outputs` does."""
    if model.network.outputs > 1:
        return outputs
    first = graph.node("Sub", [graph.number("all", 1), outputs], "first_class")
    return graph.node("Concat", [first, outputs], "by_class", axis=1)


def _add_sigmoid(graph: _Graph, z: str, name: str) -> str:
    """Add e / (1 + e) with e = exp(z), as in `nncore.functions.activations`.

    ONNX's Sigmoid is not used, because runtimes approximate it with an absolute error. If all
    outputs were smaller than this error, the probabilities would be noise.
    """
    high, one = graph.number(f"{name}_high", SIGMOID_MAX_INPUT), graph.number(f"{name}_one", 1)
    e = graph.node("Exp", [graph.node("Min", [z, high], f"{name}_z")], f"{name}_e")
    return graph.node("Div", [e, graph.node("Add", [e, one], f"{name}_e_1")], name)


ACTIVATIONS: dict[ActivationName, Callable[[_Graph, str, str], str]] = {
    "identity": lambda graph, z, name: graph.node("Identity", [z], name),
    "leaky_relu": lambda graph, z, name: graph.node("LeakyRelu", [z], name, alpha=LEAKY_SLOPE),
    "relu": lambda graph, z, name: graph.node("Relu", [z], name),
    "sigmoid": _add_sigmoid,
    "softmax": lambda graph, z, name: graph.node("Softmax", [z], name, axis=1),
    "tanh": lambda graph, z, name: graph.node("Tanh", [z], name),
}


def _add_numbers(graph: _Graph, model: Model, outputs: str) -> list[ValueInfoProto]:
    """Add the numbers of a regression, as `Model.numbers` computes them."""
    target = model.target
    if target is None:
        graph.node("Identity", [outputs], NUMBERS)
        return [_value_info(NUMBERS, "FLOAT", model.network.outputs)]
    mean = graph.constant("target_mean", np.array(target.mean))
    std = graph.constant("target_std", np.array(target.std))
    doubles = graph.cast(outputs, "DOUBLE", "doubles")
    graph.node("Add", [graph.node("Mul", [doubles, std], "deviation"), mean], NUMBERS)
    return [_value_info(NUMBERS, "DOUBLE", 1)]


def _add_label_and_probabilities(graph: _Graph, model: Model, outputs: str) -> list[ValueInfoProto]:
    """Add what `nncore.network.prediction.Prediction.from_outputs` computes."""
    outputs = _add_classes(graph, model, outputs)
    # The unclipped outputs decide.
    graph.node("ArgMax", [outputs], LABEL, axis=1, keepdims=0)
    zero, one = graph.number("zero", 0), graph.number("one", 1)
    even = graph.number("even", 1 / len(model.labels))
    clipped = graph.node("Clip", [outputs, zero, one], "clipped")
    axis = graph.constant("classes_axis", np.array([1], np.int64))
    total = graph.node("ReduceSum", [clipped, axis], "total", keepdims=1)
    is_positive = graph.node("Greater", [total, zero], "some")
    # 0 / 0 is not a number where all outputs are 0; Where selects `even` there.
    fraction = graph.node("Div", [clipped, total], "share")
    graph.node("Where", [is_positive, fraction, even], PROBABILITIES)
    return [_value_info(LABEL, "INT64"), _value_info(PROBABILITIES, "FLOAT", len(model.labels))]
