"""Text to vectors, off the event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from hashlib import sha256
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.core.constants import MODEL_TOKENS
from app.core.exceptions import ConfigurationError
from app.core.priorities import give_way
from app.embeddings.models import load_model
from settings import Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding

Vector = NDArray[np.float32]

CACHED_QUERIES: Final = 2048
MAX_BATCH: Final = 8  # questions
MAX_BATCH_TOKENS: Final = 512  # of longer texts a batch costs more than one at a time
MAX_PADDING: Final = 0.25  # by which lengths may differ from that of the oldest question


class _Question(NamedTuple):
    text: str
    tokens: int
    vector: Future[Vector]


class QuestionBatches:
    """A thread that embeds the oldest question that waits, and with it others of its length.

    A batch is padded to its longest text: docs/decisions/0012-questions-share-a-batch.md.
    """

    def __init__(
        self, embed: Callable[[list[str]], list[Vector]], count_tokens: Callable[[str], int]
    ) -> None:
        self._embed = embed
        self._count_tokens = count_tokens
        self._arrived: SimpleQueue[tuple[str, Future[Vector]]] = SimpleQueue()
        self._waiting: list[_Question] = []  # the thread's own, the oldest first
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedding-questions")

    async def embed(self, text: str) -> Vector:
        """The vector of a question."""
        vector: Future[Vector] = Future()
        self._arrived.put((text, vector))
        self._thread.submit(self._embed_oldest)
        return await asyncio.wrap_future(vector)

    def close(self) -> None:
        """Lets the batch under way end; whoever still waits is cancelled."""
        self._thread.shutdown(cancel_futures=True)
        self._let_in()
        for question in self._waiting:
            question.vector.cancel()

    def _embed_oldest(self) -> None:
        self._let_in()
        # There may be none: the question that this was called for went with an older one.
        batch = [each for each in self._take() if each.vector.set_running_or_notify_cancel()]
        try:
            vectors = self._embed([each.text for each in batch]) if batch else []
        except Exception as error:  # noqa: BLE001 # whatever it is, nobody waits for ever
            for question in batch:
                question.vector.set_exception(error)
        else:
            for question, vector in zip(batch, vectors, strict=True):
                question.vector.set_result(vector)

    def _let_in(self) -> None:
        while not self._arrived.empty():
            text, vector = self._arrived.get()
            try:
                tokens = max(1, self._count_tokens(text))
            except Exception as error:  # noqa: BLE001 # see above
                if vector.set_running_or_notify_cancel():
                    vector.set_exception(error)
            else:
                self._waiting.append(_Question(text, tokens, vector))

    def _take(self) -> list[_Question]:
        if not self._waiting:
            return []
        tokens = self._waiting[0].tokens
        by_length = sorted(self._waiting, key=lambda each: abs(each.tokens - tokens))
        alike = [each for each in by_length if abs(each.tokens - tokens) <= MAX_PADDING * tokens]
        batch = alike[: min(MAX_BATCH, max(1, MAX_BATCH_TOKENS // tokens))]
        self._waiting = [each for each in self._waiting if each not in batch]
        return batch


class Embedder:
    """One embedding model: a thread for questions, and one for passages, which gives way.

    ONNX uses EMBEDDING_THREADS cores from each.
    """

    def __init__(self, model: "TextEmbedding", name: str) -> None:
        self.name = name
        self.dimensions: int = model.embedding_size
        self._model = model
        self._tokenizer: Tokenizer = getattr(model.model, "tokenizer")  # noqa: B009 - not typed
        self._questions = QuestionBatches(self._embed, self._count_tokens)
        self._for_passages = ThreadPoolExecutor(
            1, thread_name_prefix="embedding-passages", initializer=give_way
        )
        self._queries: dict[bytes, Vector] = {}

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer, without truncation or padding: to measure texts with."""
        tokenizer = Tokenizer.from_str(self._tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text the model reads, its own special ones included."""
        truncation = self._tokenizer.truncation
        assert truncation is not None  # fastembed always sets it
        return int(truncation["max_length"])

    async def embed_query(self, question: str) -> Vector:
        """The unit vector of a question, shape (dimensions,); a repeated one costs nothing."""
        digest = sha256(question.encode()).digest()  # the question itself may be long
        vector = self._queries.pop(digest, None)
        if vector is None:
            vector = await self._questions.embed(question)
        self._queries[digest] = vector  # now the most recently used
        if len(self._queries) > CACHED_QUERIES:
            self._queries.pop(next(iter(self._queries)))
        return vector

    async def embed_passages(self, texts: list[str]) -> list[Vector]:
        """The unit vectors of passages, in their order.

        One at a time, which is quickest here.
        """
        loop = asyncio.get_running_loop()
        embeddings = [
            await loop.run_in_executor(self._for_passages, self._embed, [text]) for text in texts
        ]
        return [vector for [vector] in embeddings]

    async def ready(self) -> None:
        """Returns when the model embeds."""
        await self._questions.embed("ready?")

    def close(self) -> None:
        """Lets the embedding under way end."""
        self._questions.close()
        self._for_passages.shutdown(cancel_futures=True)

    def _embed(self, texts: list[str]) -> list[Vector]:
        return [np.asarray(vector, dtype=np.float32) for vector in self._model.embed(texts)]

    def _count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)


@asynccontextmanager
async def open_embedder(
    settings: Settings, given: Embedder | None = None
) -> AsyncIterator[Embedder]:
    """The given embedder, or that of EMBEDDING_MODEL, which is closed at the end."""
    if given is not None:
        yield given
        return
    embedder = await asyncio.to_thread(create_embedder, settings)
    try:
        yield embedder
    finally:
        await asyncio.to_thread(embedder.close)


def create_embedder(settings: Settings) -> Embedder:
    """Loads EMBEDDING_MODEL; blocks for half a second or a download: not for the event loop."""
    name = settings.EMBEDDING_MODEL
    embedder = Embedder(load_model(settings), name)
    if embedder.max_tokens < MODEL_TOKENS:
        raise ConfigurationError(
            f"EMBEDDING_MODEL {name} reads {embedder.max_tokens} tokens, and passages have up to "
            f"{MODEL_TOKENS}: set it to a model that reads as many."
        )
    return embedder
