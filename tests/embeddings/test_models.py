"""Which graph of the packaged embedding model serves."""

import logging
from pathlib import Path

import numpy as np
import onnx
import orjson
import pytest
from onnx import numpy_helper

from app.embeddings import models, quantization
from app.embeddings.models import REFERENCE, SIGNED, UNSIGNED, load_model
from settings import Settings

TEXT = "Which port does the API listen on?"


def cosine_to_packaged(model: object, text: str = TEXT) -> float:
    """How near the model's vector of a text is to that of the packaged graph."""
    [vector] = list(model.embed([text]))  # type: ignore[attr-defined]
    return float(vector @ orjson.loads(REFERENCE.read_bytes())[text])


class TestLoadModel:
    def test_quantized_graph_serves(self, caplog: pytest.LogCaptureFixture) -> None:
        """The installation has made quantized graphs, and one serves without a word."""
        assert SIGNED.exists()
        assert UNSIGNED.exists()
        assert 0.995 < cosine_to_packaged(load_model(Settings())) < 0.9999
        assert caplog.records == []

    def test_missing_graph_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without a quantized graph the packaged one serves, and the log says how to make it."""
        monkeypatch.setattr(models, "UNSIGNED", tmp_path / "missing.onnx")
        assert cosine_to_packaged(load_model(Settings())) == pytest.approx(1, abs=1e-4)
        assert "python -m app.embeddings.quantization" in caplog.text

    def test_graph_that_overflows_does_not_serve(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where products of signed weights overflow, the graph of unsigned ones serves."""
        quantization.quantize(tmp_path / "a.onnx", tmp_path / "b.onnx")
        broken = onnx.load(tmp_path / "a.onnx")
        for weight in broken.graph.initializer:
            if weight.name.endswith("narrow.weight"):
                clipped = np.clip(numpy_helper.to_array(weight), -40, 40)
                weight.CopyFrom(numpy_helper.from_array(clipped, weight.name))
        onnx.save(broken, tmp_path / "a.onnx")
        monkeypatch.setattr(models, "SIGNED", tmp_path / "a.onnx")
        assert 0.995 < cosine_to_packaged(load_model(Settings())) < 0.9999
        assert caplog.records == []

    def test_graphs_that_are_off_do_not_serve(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Quantized graphs whose vectors are off on this processor give way to the packaged."""
        monkeypatch.setattr(models, "LEAST_COSINE", 0.9999)
        assert cosine_to_packaged(load_model(Settings())) == pytest.approx(1, abs=1e-4)
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert "On this processor" in record.getMessage()

    def test_reference_is_of_the_packaged_graph(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The stored vectors are those of the packaged graph, for every stored text."""
        monkeypatch.setattr(models, "SIGNED", tmp_path / "missing.onnx")
        model = load_model(Settings())
        texts = list(orjson.loads(REFERENCE.read_bytes()))
        assert len(texts) >= 3
        assert [cosine_to_packaged(model, text) for text in texts] == pytest.approx(
            [1] * len(texts), abs=1e-4
        )
