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
from app.embeddings.embedder import Embedder, QuestionBatches, Vector, create_embedder
from settings import Settings
from tests.support.waiting import until


class SlowModel:
    """A model that embeds a passage only when it may, and notes at which priority."""

    embedding_size = 2
    model = SimpleNamespace(tokenizer=Tokenizer(WordLevel({"?": 0}, unk_token="?")))

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


class HeldModel:
    """Embeds a text as its number of words, one batch whenever it may; notes the batches."""

    def __init__(self) -> None:
        self.may_embed = threading.Semaphore(0)
        self.batches: list[list[str]] = []

    def embed(self, texts: list[str]) -> list[Vector]:
        """The vectors; a text of "bad" fails its batch."""
        self.batches.append(texts)
        assert self.may_embed.acquire(timeout=10)
        if "bad" in texts:
            raise RuntimeError("The model does not like it.")
        return [np.array([len(text.split())], dtype=np.float32) for text in texts]


@pytest.fixture
def held() -> HeldModel:
    """The model of a test of batches."""
    return HeldModel()


@pytest.fixture
def batches(held: HeldModel) -> Iterator[QuestionBatches]:
    """Batches for that model."""
    batches = QuestionBatches(held.embed, lambda text: len(text.split()))
    yield batches
    held.may_embed.release(100)
    batches.close()


class TestQuestionBatches:
    async def _ask(
        self, batches: QuestionBatches, held: HeldModel, questions: list[str]
    ) -> list[asyncio.Task[Vector]]:
        """Asks them while the model is busy with the first."""
        first = asyncio.create_task(batches.embed(questions[0]))
        await until(lambda: held.batches == [[questions[0]]])
        others = [asyncio.create_task(batches.embed(text)) for text in questions[1:]]
        await asyncio.sleep(0)  # all of them wait
        return [first, *others]

    async def test_questions_of_one_length_share_a_batch(
        self, batches: QuestionBatches, held: HeldModel
    ) -> None:
        """Questions of about one length share a batch, the oldest first, and get their vectors."""
        questions = ["busy", "a " * 10, "b " * 30, "c " * 12, "d " * 13, "e " * 8]
        asked = await self._ask(batches, held, questions)
        held.may_embed.release(100)
        vectors = await asyncio.gather(*asked)
        assert [int(vector[0]) for vector in vectors] == [1, 10, 30, 12, 13, 8]
        assert held.batches == [
            ["busy"],
            ["a " * 10, "c " * 12, "e " * 8],
            ["b " * 30],
            ["d " * 13],
        ]

    async def test_batches_are_bounded(self, batches: QuestionBatches, held: HeldModel) -> None:
        """Of short questions eight share a batch, of long ones as many as 512 tokens hold."""
        questions = ["busy", *["short"] * 10, *["long " * 200] * 3, "longer " * 600]
        asked = await self._ask(batches, held, questions)
        held.may_embed.release(100)
        await asyncio.gather(*asked)
        assert [len(batch) for batch in held.batches] == [1, 8, 2, 2, 1, 1]

    async def test_question_without_a_caller_is_not_embedded(
        self, batches: QuestionBatches, held: HeldModel
    ) -> None:
        """A question whose caller has left is not embedded."""
        asked = await self._ask(batches, held, ["busy", "left", "stays"])
        asked[1].cancel()
        await until(asked[1].cancelled)
        held.may_embed.release(100)
        assert (await asyncio.gather(*asked, return_exceptions=True))[2] == [1]
        assert held.batches == [["busy"], ["stays"]]

    async def test_question_without_tokens_is_embedded(
        self, batches: QuestionBatches, held: HeldModel
    ) -> None:
        """A question without a token, as some tokenizers have it, is embedded like others."""
        asked = await self._ask(batches, held, ["busy", "", "good"])
        held.may_embed.release(100)
        assert [int(vector[0]) for vector in await asyncio.gather(*asked)] == [1, 0, 1]

    async def test_failing_batch_fails_alone(
        self, batches: QuestionBatches, held: HeldModel
    ) -> None:
        """A batch that fails raises for its own questions, and the next one is embedded."""
        asked = await self._ask(batches, held, ["bad", "good"])
        held.may_embed.release(100)
        with pytest.raises(RuntimeError, match="does not like"):
            await asked[0]
        assert await asked[1] == [1]

    async def test_uncountable_question_raises_at_once(self, held: HeldModel) -> None:
        """A question whose tokens cannot be counted raises at once."""

        def refuse(text: str) -> int:
            raise RuntimeError(f"There are no words in {text}.")

        batches = QuestionBatches(held.embed, refuse)
        with pytest.raises(RuntimeError, match="no words in question"):
            await asyncio.wait_for(batches.embed("question"), 5)
        await asyncio.to_thread(batches.close)

    async def test_closing_ends_the_batch_and_cancels_the_rest(
        self, batches: QuestionBatches, held: HeldModel
    ) -> None:
        """On closing the batch under way ends, and waiting questions are cancelled."""
        under_way, waiting = await self._ask(batches, held, ["under way", "waiting"])
        closing = asyncio.create_task(asyncio.to_thread(batches.close))
        await until(lambda: batches._thread._shutdown)  # noqa: SLF001 # not to be seen from outside
        held.may_embed.release()
        await closing
        assert await under_way == [2]
        with pytest.raises(asyncio.CancelledError):
            await waiting

    async def test_batch_changes_no_vector(self, embedder: Embedder) -> None:
        """A question has the same vector alone and in a batch with others."""
        questions = [f"what is {number} plus {number}" for number in range(20)]
        together = await asyncio.gather(*map(embedder.embed_query, questions))
        alone = await embedder.embed_passages(questions)
        assert np.allclose(together, alone, atol=1e-6)


class TestCreateEmbedder:
    def test_model_that_reads_too_little_stops_the_start(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A model that would read only the beginning of our passages stops the start."""
        monkeypatch.setattr("app.embeddings.embedder.MODEL_TOKENS", 257)
        with pytest.raises(ConfigurationError, match="reads 256 tokens, and passages have up to"):
            create_embedder(Settings())
