"""`python -m app.embeddings.quantization` makes fast graphs of the packaged embedding model.

The packaged weights are 8-bit, but their graph widens them to floats as it is loaded. This writes
two that multiply the same 8-bit weights with activations quantized as they come:
docs/decisions/0016-embedding-in-8-bit-products.md. It needs the package `onnx`; serving does not.
"""

from pathlib import Path
from typing import Final

import numpy as np
import onnx
import onnxruntime
import orjson
from onnx import TensorProto, helper
from tokenizers import Tokenizer

from app.embeddings.graphs import LARGEST_UNIT, MICROSOFT, FloatGraph, Graph
from app.embeddings.models import MINILM, REFERENCE, SIGNED, UNSIGNED, packaged_weights
from app.embeddings.weights import Array, Linear, PackagedModel

LAYERS: Final = 6
HEADS: Final = 12
DIMENSIONS: Final = 384
MAX_TOKENS: Final = 256  # of the model's 512 positions, the texts have no more
OPSET: Final = 17
IR_VERSION: Final = 8
EMBEDDINGS: Final = "inner.embeddings."
LAYER: Final = "inner.encoder.layer.{}."


def build(model: PackagedModel, graph: Graph) -> onnx.ModelProto:
    """The graph from `input_ids` and `attention_mask` to `last_hidden_state`, as the packaged one.

    Each is (batch, sequence), the last with 384 dimensions. All token types are 0.
    """
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
    graph.smooth_linear(x, joined, f"{layer}joined")
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
    output = _feed_forward(graph, model, layer, x)
    return _normalize(graph, model, f"{layer}output.LayerNorm", output, x)


def _feed_forward(graph: Graph, model: PackagedModel, layer: str, x: str) -> str:
    """Two products with Gelu between; each copy of a large hidden unit gives a part of it."""
    wide, narrow = (model.linear(f"{layer}{part}.dense") for part in ("intermediate", "output"))
    peaks = graph.peaks(f"{layer}active", len(narrow.weight))
    copies = np.maximum(1, np.ceil(peaks / LARGEST_UNIT)).astype(int)
    units = np.repeat(np.arange(len(copies)), copies)
    hidden = graph.smooth_linear(x, wide.with_outputs(units), f"{layer}wide")
    active = graph.node("Gelu", [hidden], f"{layer}active", domain=MICROSOFT)
    parts = graph.divided(active, copies[units], f"{layer}parts")
    return graph.linear(parts, narrow.with_inputs(units), f"{layer}narrow")


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


def measure_peaks(model: PackagedModel) -> dict[str, Array]:
    """For each input of a product, the largest magnitude in each column over the stored texts."""
    graph = FloatGraph()
    floats = build(model, graph)
    floats.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in graph.inputs
    )
    session = onnxruntime.InferenceSession(
        floats.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
    peaks = {name: np.zeros(1) for name in graph.inputs}
    for text in orjson.loads(REFERENCE.read_bytes()):
        ids = np.array([tokenizer.encode(text).ids])
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        for name, value in zip(peaks, session.run(list(peaks), given), strict=True):
            peaks[name] = np.maximum(peaks[name], np.abs(value).max(axis=(0, 1)))
    return peaks


def quantize(signed: Path, unsigned: Path) -> None:
    """Writes both graphs; a process that starts meanwhile finds old ones or none."""
    model = PackagedModel(packaged_weights())
    peaks = measure_peaks(model)
    for file in (signed, unsigned):
        draft = file.with_suffix(".new")
        file.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(build(model, Graph(peaks, unsigned=file == unsigned)), str(draft))
        draft.replace(file)


if __name__ == "__main__":
    quantize(SIGNED, UNSIGNED)
