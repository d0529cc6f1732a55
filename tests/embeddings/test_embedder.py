"""The embedding model in its threads."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from app.core.exceptions import ConfigurationError
from app.embeddings.embedder import Embedder, Vector, create_embedder
from settings import Settings


class SlowModel:
    """A model that embeds a passage only when it may, and notes at which priority."""

    embedding_size = 2
    model = SimpleNamespace(tokenizer=Tokenizer(WordLevel({"?": 0}, unk_token="?")))

    def __init__(self) -> None:
        self.may_embed = threading.Event()
        self.niceness: dict[str, int] = {}
        self.embedded: list[str] = []

    def embed(self, texts: list[str], batch_size: int) -> Iterator[Vector]:
        """The vectors of texts, one at a time, and a note of who asked."""
        assert batch_size == 1
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
def own_embedder(model: SlowModel) -> Iterator[Embedder]:
    """An embedder with that model."""
    embedder = Embedder(model, "slow")  # type: ignore[arg-type]  # as much of a model as it takes
    yield embedder
    model.may_embed.set()
    embedder.close()


class TestQuestions:
    async def test_question_waits_for_no_passage(
        self, own_embedder: Embedder, model: SlowModel
    ) -> None:
        """A question waits for no passage, and neither does the readiness probe."""
        passages = asyncio.create_task(own_embedder.embed_passages(["passage", "passage"]))
        await own_embedder.embed_query("question")
        await own_embedder.ready()
        assert not passages.done()
        model.may_embed.set()
        assert len(await passages) == 2

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
    async def test_question_goes_before_passages(
        self, own_embedder: Embedder, model: SlowModel
    ) -> None:
        """Where a question and a passage want the same core, the question gets it."""
        model.may_embed.set()
        await own_embedder.embed_passages(["passage"])
        await own_embedder.embed_query("question")
        assert model.niceness["passage"] > model.niceness["question"] == os.nice(0)

    async def test_repeated_question_costs_nothing(
        self, own_embedder: Embedder, model: SlowModel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A question of the last ones costs nothing when repeated, and older ones no memory."""
        monkeypatch.setattr("app.embeddings.embedder.CACHED_QUERIES", 2)
        for question in "abacab":
            await own_embedder.embed_query(question)
        assert model.embedded == ["a", "b", "c", "b"]


class TestVectors:
    async def test_vector_depends_on_its_own_text_alone(self, embedder: Embedder) -> None:
        """A text has the same vector alone, beside others, as a question and as a passage."""
        questions = [f"what is {number} plus {number * 'very '} much" for number in range(9)]
        asked = await asyncio.gather(*map(embedder.embed_query, questions))
        beside = await embedder.embed_passages(questions)
        alone = [(await embedder.embed_passages([question]))[0] for question in questions]
        assert np.array_equal(asked, beside)
        assert np.array_equal(beside, alone)

    async def test_vectors_have_unit_length(self, embedder: Embedder) -> None:
        """A vector has the length 1 and the model's dimensions."""
        [vector] = await embedder.embed_passages(["Mallard ducks eat water plants."])
        assert vector.shape == (embedder.dimensions,) == (384,)
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


class TestCreateEmbedder:
    def test_model_that_reads_too_little_stops_the_start(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A model that would read only the beginning of our passages stops the start."""
        monkeypatch.setattr("app.embeddings.embedder.MODEL_TOKENS", 257)
        with pytest.raises(ConfigurationError, match="reads 256 tokens, and passages have up to"):
            create_embedder(Settings())
