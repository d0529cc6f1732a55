"""Embeddings for clients, by the model that embeds questions and passages."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from app.compat.exceptions import TextTooLong, UnsupportedParameter
from app.compat.models import EmbeddingsRequest
from app.core.tracing.generative import embeddings_span, note_embedding
from app.embeddings.embedder import EmbeddedText, Embedder


class EmbeddingService:
    """Embeds texts one at a time, so that everybody's come in turn."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    async def embed(self, request: EmbeddingsRequest) -> bytes:
        """The JSON of an `embeddings` object; TextTooLong where the model cannot read a text."""
        self._check_dimensions(request.dimensions)
        with embeddings_span(self._embedder.name) as span:
            embedded = await self._embed_all(request.input)
            note_embedding(span, sum(one.tokens for one in embedded))
        answer = _Answer(self._embedder.name, embedded, request.encoding_format == "base64")
        return await asyncio.to_thread(answer.json)  # many vectors make many megabytes

    async def _embed_all(self, texts: Sequence[str]) -> list[EmbeddedText]:
        embedded = list[EmbeddedText]()
        for number, text in enumerate(texts, 1):
            one = await self._embedder.embed_text(text)
            if not one.is_whole:
                raise TextTooLong(number, self._embedder.max_tokens)
            embedded.append(one)
        return embedded

    def _check_dimensions(self, dimensions: int | None) -> None:
        own = self._embedder.dimensions
        if dimensions not in {None, own}:
            raise UnsupportedParameter(
                "dimensions", f"`dimensions` must be {own}, as many as {self._embedder.name} has."
            )


class _Answer(NamedTuple):
    model: str
    embedded: list[EmbeddedText]
    is_base64: bool

    def json(self) -> bytes:
        tokens = sum(one.tokens for one in self.embedded)
        answer = {
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": self._vector(one)}
                for index, one in enumerate(self.embedded)
            ],
            "model": self.model,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

    def _vector(self, one: EmbeddedText) -> Any:
        """32-bit floats: a list, or their bytes, the least significant first, in base64."""
        if not self.is_base64:
            return np.ascontiguousarray(one.vector)
        return b64encode(one.vector.astype("<f4").tobytes()).decode()
