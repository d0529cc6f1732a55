"""Builds ONNX graphs, with linear layers in 8 bits or in floats.

A product's input is quantized with one step for the whole of it, so one large number makes the
steps coarse for all. In this model a few columns hold such numbers, most of them at [CLS]. Their
peaks are measured in a graph in floats; the graph of 8-bit products divides these columns.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import onnx
from onnx import helper, numpy_helper

from app.embeddings.weights import Array, Linear

MICROSOFT: Final = "com.microsoft"  # ONNX Runtime's own operators (docs/ContribOperators.md there)
ZERO: Final = 128  # what unsigned weights hold for 0
LARGEST_INPUT: Final = 4.0  # what a layer normalization gives above this is divided
LARGEST_UNIT: Final = 6.0  # a hidden unit of a feed-forward network above this gets copies


class Graph:
    """An ONNX graph that is built: nodes, and the constants that they use.

    Its 8-bit weights are signed, or the same shifted by ZERO to unsigned ones.
    """

    def __init__(self, peaks: Mapping[str, Array], *, unsigned: bool = False) -> None:
        self._peaks = peaks
        self._unsigned = unsigned
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
        weights, zero = layer.weight, ""  # signed ones are symmetric
        if self._unsigned:
            weights = (weights.astype(np.int16) + ZERO).astype(np.uint8)
            zero = self.constant(f"{output}.zero", np.full(len(layer.bias), ZERO, dtype=np.uint8))
        weight = self.constant(f"{output}.weight", weights)
        scale = self.constant(f"{output}.scale", layer.scale.astype(np.float32))
        bias = self.constant(f"{output}.bias", layer.bias.astype(np.float32))
        inputs = [x, weight, scale, zero, bias]
        return self.node("DynamicQuantizeMatMul", inputs, output, domain=MICROSOFT)

    def divided(self, x: str, factors: Array, output: str) -> str:
        """The input with its columns divided by these factors."""
        if (factors == 1).all():
            return x
        inverse = self.constant(f"{output}.inverse", (1 / factors).astype(np.float32))
        return self.node("Mul", [x, inverse], output)

    def smooth_linear(self, x: str, layer: Linear, output: str) -> str:
        """x·W + b, with what is large in x moved into W (SmoothQuant, arXiv 2211.10438)."""
        factors = np.maximum(1, self.peaks(x, len(layer.weight)) / LARGEST_INPUT)
        smooth = self.divided(x, factors, f"{output}.smooth")
        return self.linear(smooth, layer.for_divided(factors), output)

    def peaks(self, x: str, columns: int) -> Array:
        """The largest magnitude in each column of x."""
        return self._peaks.get(x, np.zeros(columns))


class FloatGraph(Graph):
    """The same graph with products of floats, in which their inputs are measured."""

    def __init__(self) -> None:
        super().__init__({})
        self.inputs: dict[str, None] = {}  # of the products, in the order of these

    def linear(self, x: str, layer: Linear, output: str) -> str:
        """x·W + b, all of it in floats."""
        self.inputs[x] = None
        weight = self.constant(f"{output}.weight", layer.widened())
        bias = self.constant(f"{output}.bias", layer.bias.astype(np.float32))
        return self.node(
            "Add", [self.node("MatMul", [x, weight], f"{output}.product"), bias], output
        )
