"""Which graph of the packaged embedding model serves."""

import logging
from pathlib import Path

import orjson
import pytest

from app.embeddings import models
from app.embeddings.models import QUANTIZED, REFERENCE, load_model, packaged_weights
from settings import Settings

TEXT = "Which port does the API listen on?"


def cosine_to_packaged(model: object, text: str = TEXT) -> float:
    """How near the model's vector of a text is to that of the packaged graph."""
    [vector] = list(model.embed([text]))  # type: ignore[attr-defined]
    return float(vector @ orjson.loads(REFERENCE.read_bytes())[text])


class TestLoadModel:
    def test_quantized_graph_serves(self, caplog: pytest.LogCaptureFixture) -> None:
        """The installation has made the quantized graph, and it serves without a word."""
        assert QUANTIZED.exists()
        assert 0.98 < cosine_to_packaged(load_model(Settings())) < 0.9999
        assert caplog.records == []

    def test_missing_graph_is_told(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without the quantized graph the packaged one serves, and the log says how to make it."""
        monkeypatch.setattr(models, "QUANTIZED", tmp_path / "missing.onnx")
        assert cosine_to_packaged(load_model(Settings())) == pytest.approx(1, abs=1e-4)
        assert "python -m app.embeddings.quantization" in caplog.text

    def test_graph_that_is_off_does_not_serve(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A quantized graph whose vectors are off on this processor gives way to the packaged."""
        monkeypatch.setattr(models, "LEAST_COSINE", 0.9999)
        assert cosine_to_packaged(load_model(Settings())) == pytest.approx(1, abs=1e-4)
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert "On this processor" in record.getMessage()

    def test_reference_is_of_the_packaged_graph(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The stored vectors are those of the packaged graph, for every stored text."""
        monkeypatch.setattr(models, "QUANTIZED", packaged_weights().with_name("missing.onnx"))
        model = load_model(Settings())
        texts = list(orjson.loads(REFERENCE.read_bytes()))
        assert len(texts) >= 3
        assert [cosine_to_packaged(model, text) for text in texts] == pytest.approx(
            [1] * len(texts), abs=1e-4
        )
