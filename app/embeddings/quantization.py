"""`python -m app.embeddings.quantization` makes the fast graph of the packaged embedding model.

The packaged weights are 8-bit, but their graph widens them to floats as it is loaded. This writes
a graph that multiplies the same 8-bit weights with activations quantized as they come:
docs/decisions/0016-embedding-in-8-bit-products.md. It needs the package `onnx`; serving does not.
"""

import sys
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from app.embeddings.models import QUANTIZED, packaged_weights

Array = NDArray[Any]

LAYERS: Final = 6
HEADS: Final = 12
DIMENSIONS: Final = 384
MAX_TOKENS: Final = 256  # of the model's 512 positions, the texts have no more
OPSET: Final = 17
IR_VERSION: Final = 8
MICROSOFT: Final = "com.microsoft"  # ONNX Runtime's own operators (docs/ContribOperators.md there)
EMBEDDINGS: Final = "inner.embeddings."
LAYER: Final = "inner.encoder.layer.{}."


class Linear(NamedTuple):
    """The weights of x·W + b: W (inputs, outputs) in 8 bits, and a scale for each output."""

    weight: Array
    scale: Array
    bias: Array


class PackagedModel:
    """The weights of the packaged graph, by their names in it."""

    def __init__(self, file: Path) -> None:
        graph = onnx.load(str(file)).graph
        self.arrays = {array.name: numpy_helper.to_array(array) for array in graph.initializer}
        self.epsilon = next(
            helper.get_node_attr_value(node, "epsilon")
            for node in graph.node
            if node.op_type == "LayerNormalization"
        )
        products = {
            node.output[0]: node.input[1]
            for node in graph.node
            if node.op_type == "MatMul" and f"{node.input[1]}_q" in self.arrays
        }
        # The weights have names without meaning; the bias that is added to their product has one.
        self._linears = {
            bias: products[product]
            for node in graph.node
            if node.op_type == "Add"
            for product, bias in (node.input, reversed(node.input))
            if product in products
        }

    def linear(self, name: str) -> Linear:
        """The linear layer of this name."""
        weight = self._linears[f"{name}.bias"]
        scale = self.arrays[f"{weight}_scale"].ravel()
        return Linear(self.arrays[f"{weight}_q"], scale, self.arrays[f"{name}.bias"])

    def widened(self, name: str) -> Array:
        """An 8-bit table as floats."""
        widened: Array = self.arrays[f"{name}_q"].astype(np.float32) * self.arrays[f"{name}_scale"]
        return widened


class Graph:
    """An ONNX graph on its way: nodes, and the constants that they use."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: Array) -> str:
        """Adds a constant; returns its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, operator: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        """Adds a node; returns the name of its first output."""
        self.nodes.append(helper.make_node(operator, inputs, list(outputs), **attributes))
        return outputs[0]

    def linear(self, x: str, layer: Linear, output: str) -> str:
        """x·W + b, with x quantized over the whole of it."""
        weight = self.constant(f"{output}.weight", layer.weight)
        scale = self.constant(f"{output}.scale", layer.scale.astype(np.float32))
        bias = self.constant(f"{output}.bias", layer.bias.astype(np.float32))
        inputs = [x, weight, scale, "", bias]  # no zero point: the weights are symmetric
        return self.node("DynamicQuantizeMatMul", inputs, output, domain=MICROSOFT)


def build(model: PackagedModel) -> onnx.ModelProto:
    """The graph from `input_ids` and `attention_mask` to `last_hidden_state`, as the packaged one.

    Each is (batch, sequence), the last with 384 dimensions. All token types are 0.
    """
    graph = Graph()
    mask = graph.node("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    x = _embed(graph, model)
    for layer in range(LAYERS):
        x = _encode(graph, model, LAYER.format(layer), x, mask)
    graph.node("Identity", [x], "last_hidden_state")
    shape = ["batch", "sequence"]
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, shape)
                for name in ("input_ids", "attention_mask")
            ],
            [
                helper.make_tensor_value_info(
                    "last_hidden_state", TensorProto.FLOAT, [*shape, DIMENSIONS]
                )
            ],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)],
        ir_version=IR_VERSION,
    )


def _embed(graph: Graph, model: PackagedModel) -> str:
    """Words and positions; only the rows of the words that are there become floats."""
    words = f"{EMBEDDINGS}word_embeddings.weight"
    rows = graph.constant("words", model.arrays[f"{words}_q"])
    scales = graph.constant("word_scales", model.arrays[f"{words}_scale"].astype(np.float32))
    graph.node("Gather", [rows, "input_ids"], "quantized_words")
    graph.node("Cast", ["quantized_words"], "unscaled_words", to=TensorProto.FLOAT)
    graph.node("Gather", [scales, "input_ids"], "scales_of_words")
    graph.node("Mul", ["unscaled_words", "scales_of_words"], "embedded_words")

    types = model.arrays[f"{EMBEDDINGS}token_type_embeddings.weight"]
    positions = model.widened(f"{EMBEDDINGS}position_embeddings.weight")[:MAX_TOKENS] + types[0]
    zero, one, two = (graph.constant(f"{n}", np.array([n], dtype=np.int64)) for n in range(3))
    graph.node("Shape", ["input_ids"], "shape")
    graph.node("Slice", ["shape", one, two], "length")
    table = graph.constant("positions", positions.astype(np.float32))
    graph.node("Slice", [table, zero, "length", zero], "embedded_positions")
    return _normalize(
        graph, model, f"{EMBEDDINGS}LayerNorm", "embedded_words", "embedded_positions"
    )


def _encode(graph: Graph, model: PackagedModel, layer: str, x: str, mask: str) -> str:
    """One layer of the encoder: attention, then the feed-forward network."""
    parts = [model.linear(f"{layer}attention.self.{part}") for part in ("query", "key", "value")]
    joined = Linear(
        np.concatenate([part.weight for part in parts], axis=1),
        np.concatenate([part.scale for part in parts]),
        np.concatenate([part.bias for part in parts]),
    )
    graph.linear(x, joined, f"{layer}joined")
    split = [f"{layer}{part}" for part in ("query", "key", "value")]
    graph.node("Split", [f"{layer}joined"], *split, axis=-1)
    inputs = [*split, "", mask]  # no bias: it is added already
    attended = graph.node(
        "MultiHeadAttention", inputs, f"{layer}attended", domain=MICROSOFT, num_heads=HEADS
    )
    output = graph.linear(
        attended, model.linear(f"{layer}attention.output.dense"), f"{layer}projected"
    )
    x = _normalize(graph, model, f"{layer}attention.output.LayerNorm", output, x)
    wide = graph.linear(x, model.linear(f"{layer}intermediate.dense"), f"{layer}wide")
    active = graph.node("Gelu", [wide], f"{layer}active", domain=MICROSOFT)
    output = graph.linear(active, model.linear(f"{layer}output.dense"), f"{layer}narrow")
    return _normalize(graph, model, f"{layer}output.LayerNorm", output, x)


def _normalize(graph: Graph, model: PackagedModel, name: str, x: str, y: str) -> str:
    """Layer normalization of x + y: as two nodes, which take half the time of the fused one."""
    weight = graph.constant(f"{name}.weight", model.arrays[f"{name}.weight"])
    bias = graph.constant(f"{name}.bias", model.arrays[f"{name}.bias"])
    added = graph.node("Add", [x, y], f"{name}.sum")
    return graph.node(
        "LayerNormalization",
        [added, weight, bias],
        f"{name}.output",
        axis=-1,
        epsilon=model.epsilon,
    )


def quantize(file: Path) -> None:
    """Writes the graph; a process that starts meanwhile finds the old one or none."""
    draft = file.with_suffix(".new")
    file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(build(PackagedModel(packaged_weights())), str(draft))
    draft.replace(file)


if __name__ == "__main__":
    quantize(Path(sys.argv[1]) if len(sys.argv) > 1 else QUANTIZED)
