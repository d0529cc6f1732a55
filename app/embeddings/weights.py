"""The weights of the packaged embedding model, by their names in its graph."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

Array = NDArray[Any]


class Linear(NamedTuple):
    """The weights of x·W + b: W (inputs, outputs) in 8 bits, and a scale for each output."""

    weight: Array
    scale: Array
    bias: Array

    def widened(self) -> Array:
        """W in floats."""
        return self.weight.astype(np.float32) * self.scale.astype(np.float32)

    def for_divided(self, factors: Array) -> "Linear":
        """The layer that gives the same for inputs divided by these factors: its rows are larger.

        Only columns without room for that in 8 bits are rounded anew.
        """
        rows = self.weight * factors[:, np.newaxis]
        growth = np.maximum(1, np.abs(rows).max(axis=0) / np.iinfo(np.int8).max)
        weight = np.rint(rows / growth).astype(np.int8)
        return Linear(weight, self.scale * growth, self.bias)

    def with_outputs(self, columns: Array) -> "Linear":
        """A layer with these outputs of it, of which one may come several times."""
        return Linear(self.weight[:, columns], self.scale[columns], self.bias[columns])

    def with_inputs(self, rows: Array) -> "Linear":
        """A layer with these inputs of it, likewise."""
        return self._replace(weight=self.weight[rows])


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
