"""Text to vectors, off the event loop."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.core.constants import MODEL_TOKENS
from app.core.exceptions import ConfigurationError
from app.core.priorities import give_way
from app.core.tracing.generative import embeddings_span
from app.embeddings.models import load_model
from app.embeddings.normalization import read_compatibility_forms
from settings import Settings

if TYPE_CHECKING:
    from fastembed import TextEmbedding

Vector = NDArray[np.float32]

CACHED_QUERIES: Final = 2048


class EmbeddedText(NamedTuple):
    """The unit vector of a text, its tokens, and whether the model has read all of it."""

    vector: Vector
    tokens: int  # that were read, special ones included
    is_whole: bool


class Embedder:
    """One embedding model: a thread for questions, and one for passages, which gives way.

    Texts are embedded one at a time, so that a vector depends on its own text alone; ONNX uses
    EMBEDDING_THREADS cores for it.
    """

    def __init__(self, model: "TextEmbedding", name: str) -> None:
        self.name = name
        self.dimensions: int = model.embedding_size
        self._model = model
        self._tokenizer: Tokenizer = getattr(model.model, "tokenizer")  # noqa: B009 - not typed
        read_compatibility_forms(self._tokenizer)
        self._for_questions = ThreadPoolExecutor(1, thread_name_prefix="embedding-questions")
        self._for_passages = ThreadPoolExecutor(
            1, thread_name_prefix="embedding-passages", initializer=give_way
        )
        self._queries: dict[bytes, Vector] = {}

    @cached_property
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
            with embeddings_span(self.name):
                [vector] = await self._run(self._for_questions, [question])
        self._queries[digest] = vector  # now the most recently used
        if len(self._queries) > CACHED_QUERIES:
            self._queries.pop(next(iter(self._queries)))
        return vector

    async def embed_passages(self, texts: list[str]) -> list[Vector]:
        """The unit vectors of passages, in their order."""
        return await self._run(self._for_passages, texts)

    async def embed_text(self, text: str) -> EmbeddedText:
        """A client's text: questions come before it, passages do not."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._for_passages, self._embed_text, text)

    async def ready(self) -> None:
        """Returns when the model embeds."""
        await self._run(self._for_questions, ["ready?"])

    def close(self) -> None:
        """Lets the embedding under way end."""
        self._for_questions.shutdown(cancel_futures=True)
        self._for_passages.shutdown(cancel_futures=True)

    async def _run(self, thread: ThreadPoolExecutor, texts: list[str]) -> list[Vector]:
        return await asyncio.get_running_loop().run_in_executor(thread, self._embed, texts)

    def _embed_text(self, text: str) -> EmbeddedText:
        encoding = self._tokenizer.encode(text)
        [vector] = self._embed([text])
        return EmbeddedText(vector, sum(encoding.attention_mask), not encoding.overflowing)

    def _embed(self, texts: list[str]) -> list[Vector]:
        vectors = self._model.embed(texts, batch_size=1)
        return [np.asarray(vector, dtype=np.float32) for vector in vectors]


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
    """Loads EMBEDDING_MODEL; blocks for a quarter of a second or a download."""
    name = settings.EMBEDDING_MODEL
    embedder = Embedder(load_model(settings), name)
    if embedder.max_tokens < MODEL_TOKENS:
        raise ConfigurationError(
            f"EMBEDDING_MODEL {name} reads {embedder.max_tokens} tokens, and passages have up to "
            f"{MODEL_TOKENS}: set it to a model that reads as many."
        )
    return embedder
