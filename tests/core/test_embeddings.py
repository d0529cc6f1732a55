"""The embedding model in its threads."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest

from app.core.embeddings import Embedder, Vector, create_embedder
from app.core.exceptions import ConfigurationError
from settings import Settings


class SlowModel:
    """A model that embeds a passage only when it may, and notes at which priority."""

    embedding_size = 2
    model = SimpleNamespace(tokenizer=None)

    def __init__(self) -> None:
        self.may_embed = threading.Event()
        self.niceness: dict[str, int] = {}
        self.embedded: list[str] = []

    def embed(self, texts: list[str]) -> Iterator[Vector]:
        """The vectors of texts, and a note of who asked."""
        for text in texts:
            if text == "passage":
                self.may_embed.wait(10)
            self.embedded.append(text)
            own_thread = threading.get_native_id()
            self.niceness[text] = os.getpriority(os.PRIO_PROCESS, own_thread)
            yield np.array([1, 0], dtype=np.float32)


@pytest.fixture
def model() -> SlowModel:
    """The model of a test."""
    return SlowModel()


@pytest.fixture
def own(model: SlowModel) -> Iterator[Embedder]:
    """An embedder with that model."""
    embedder = Embedder(model, "slow")  # type: ignore[arg-type]  # as much of a model as it takes
    yield embedder
    model.may_embed.set()
    embedder.close()


class TestQuestions:
    async def test_beside_passages(self, own: Embedder, model: SlowModel) -> None:
        """A question waits for no passage, and neither does the readiness probe."""
        passages = asyncio.create_task(own.embed_passages(["passage", "passage"]))
        await own.embed_query("question")
        await own.ready()
        assert not passages.done()
        model.may_embed.set()
        assert len(await passages) == 2

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
    async def test_go_first(self, own: Embedder, model: SlowModel) -> None:
        """Where both want the same core, it is the question that gets it."""
        model.may_embed.set()
        await own.embed_passages(["passage"])
        await own.embed_query("question")
        assert model.niceness["passage"] > model.niceness["question"] == os.nice(0)

    async def test_repeated(
        self, own: Embedder, model: SlowModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The questions that were asked last cost nothing, and older ones no memory."""
        monkeypatch.setattr("app.core.embeddings.CACHED_QUERIES", 2)
        for question in "abacab":
            await own.embed_query(question)
        assert model.embedded == ["a", "b", "c", "b"]


class TestCreateEmbedder:
    def test_reads_too_little(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A model that would read only the beginning of our passages stops the start."""
        monkeypatch.setattr("app.core.embeddings.MODEL_TOKENS", 257)
        with pytest.raises(ConfigurationError, match="reads 256 tokens, and passages have up to"):
            create_embedder(Settings())
