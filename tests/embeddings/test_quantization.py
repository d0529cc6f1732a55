"""The graph of 8-bit products, which the installation makes."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from app.embeddings.models import packaged_weights
from app.embeddings.quantization import quantize
from app.embeddings.weights import Linear


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The graphs of signed and of unsigned weights, made for these tests."""
    folder = tmp_path_factory.mktemp("graphs") / "share"
    files = {name: folder / f"{name}.onnx" for name in ("signed", "unsigned")}
    quantize(**files)
    return files


@pytest.fixture(scope="module")
def graph(graphs: dict[str, Path]) -> Path:
    """The one that gives the same vectors on every processor."""
    return graphs["unsigned"]


def run(file: Path, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The last hidden state of these tokens."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = {argument.name for argument in session.get_inputs()}
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    [state] = session.run(None, {name: given[name] for name in names})
    return np.asarray(state)


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The cosines of the vectors along the last axis."""
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    return np.asarray((one * other).sum(axis=-1) / lengths)


class TestQuantize:
    @pytest.mark.parametrize("length", [3, 17, 256])
    def test_states_are_near_those_of_the_packaged_graph(self, graph: Path, length: int) -> None:
        """The mean state of a text is within a cosine of 0.996, from a few tokens to the most."""
        ids = np.random.default_rng(length).integers(1000, 20000, (1, length))
        mask = np.ones_like(ids)
        ours, packaged = run(graph, ids, mask), run(packaged_weights(), ids, mask)
        assert ours.shape == packaged.shape == (1, length, 384)
        assert cosines(ours.mean(axis=1), packaged.mean(axis=1)).min() > 0.996

    def test_both_graphs_are_of_the_same_weights(self, graphs: dict[str, Path]) -> None:
        """They differ only where products of signed weights overflow, and by little."""
        ids = np.random.default_rng(2).integers(1000, 20000, (1, 20))
        states = [run(file, ids, np.ones_like(ids)).mean(axis=1) for file in graphs.values()]
        assert cosines(*states).min() > 0.97

    def test_padding_is_masked(self, graph: Path) -> None:
        """Padding behind a text hardly changes its states."""
        ids = np.random.default_rng(1).integers(1000, 20000, (1, 20))
        padded = np.concatenate([ids, np.zeros((1, 12), dtype=ids.dtype)], axis=1)
        mask = np.array([[1] * 20 + [0] * 12])
        alone, beside = run(graph, ids, np.ones_like(ids)), run(graph, padded, mask)[:, :20]
        assert cosines(alone, beside).min() > 0.99

    def test_nothing_half_written_is_left(self, graphs: dict[str, Path]) -> None:
        """Beside the graphs there is nothing left of making them."""
        [folder] = {file.parent for file in graphs.values()}
        assert {*folder.iterdir()} == {*graphs.values()}


class TestLinear:
    def test_divided_inputs_give_the_same(self) -> None:
        """Inputs that were divided give the same outputs: exactly, where 8 bits have room."""
        scale = np.array([0.5, 0.01])
        layer = Linear(np.array([[20, 100], [127, -90]], dtype=np.int8), scale, np.zeros(2))
        x, factors = np.array([24.0, 3.0]), np.array([6, 1])
        divided = layer.for_divided(factors)
        expected, outputs = x @ layer.widened(), (x / factors) @ divided.widened()
        assert divided.weight.dtype == np.int8
        assert outputs[0] == expected[0]
        assert outputs[1] == pytest.approx(expected[1], rel=0.01)
