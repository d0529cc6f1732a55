"""One call of the OpenAI API, streamed or not.

See docs/decisions/0007-the-upstream-is-read-as-bytes.md.
"""

import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, cast

import aiohttp
import httpx2
import openai
import orjson
from async_timeout import timeout
from openai import AsyncAPIResponse, AsyncOpenAI

from app.chat.constants import DRAIN_UPSTREAM_SEC
from app.chat.decoding import Completion, CompletionDecoder
from app.chat.events import Delta
from app.chat.exceptions import (
    ContextLengthExceeded,
    OpenAIException,
    OpenAIRateLimitedException,
)
from app.chat.prompts import Prompt
from app.core.constants import RETRY_AFTER_SEC
from app.core.exceptions import BragError
from app.core.llm import retry_after

logger = logging.getLogger(__name__)

# The client's own header for a body that it is not to read.
RAW_RESPONSE_HEADER: Final = "X-Stainless-Raw-Response"
TOO_LONG: Final = re.compile(
    r"maximum context length|context (?:length|size|window)", re.IGNORECASE
)
UPSTREAM_ERRORS: Final = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError)


@dataclass(slots=True)
class Acceptance:
    """The upstream has accepted the request: its headers are there."""


class Upstream:
    """Asks the model behind the OpenAI API for completions.

    The client sends, authenticates and retries; its bodies are read here, since building its
    typed objects for every chunk costs more than all the rest of a stream.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def complete(
        self, model: str, prompt: Prompt, *, stream: bool
    ) -> AsyncIterator[Acceptance | Delta | Completion]:
        """Yields an Acceptance, the deltas as they come, and a Completion.

        Raises ContextLengthExceeded, OpenAIException (refused, unreachable, broken off),
        OpenAIRateLimitedException or OpenAIFailedProcessingException (not a completion).
        """
        body: dict[str, Any] = {"model": model, "messages": prompt, "stream": stream}
        if stream:
            body["stream_options"] = {"include_usage": True}
        decoder = CompletionDecoder()
        try:
            async with self._post(body) as response:
                yield Acceptance()
                async for delta in _read(response, decoder):
                    yield delta
        except UPSTREAM_ERRORS as error:
            if decoder.completion.finish_reason is None:
                raise _transport_error(error) from error
        yield decoder.completion
        decoder.check_whole()

    @asynccontextmanager
    async def _post(self, body: dict[str, Any]) -> AsyncIterator[AsyncAPIResponse[object]]:
        """What `chat.completions.with_streaming_response.create` does, with untyped parameters.

        That walks through them for what they might have to convert: 0.5 ms of a completion.
        """
        response = cast(
            AsyncAPIResponse[object],
            await self._client.post(
                "/chat/completions",
                content=orjson.dumps(body),
                cast_to=object,
                options={"headers": {RAW_RESPONSE_HEADER: "stream", "Accept-Encoding": "identity"}},
            ),
        )
        try:
            yield response
        finally:
            await response.close()


async def _read(
    response: AsyncAPIResponse[object], decoder: CompletionDecoder
) -> AsyncIterator[Delta]:
    if not response.headers.get("content-type", "").startswith("text/event-stream"):
        for delta in decoder.decode_json(await response.read()):
            yield delta
        return
    chunks = response.iter_bytes()
    async for data in chunks:
        for delta in decoder.feed(data):
            yield delta
        if decoder.is_done:
            await _drain(chunks)
            return


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Reads to the end of the body, so that the connection can carry the next call."""
    with suppress(TimeoutError, *UPSTREAM_ERRORS):
        async with timeout(DRAIN_UPSTREAM_SEC):
            async for _ in chunks:
                pass


def _is_too_long(error: openai.BadRequestError) -> bool:
    """Whether the prompt did not fit: OpenAI's code, llama.cpp's type, or what others write."""
    return (
        error.code == "context_length_exceeded"
        or error.type == "exceed_context_size_error"
        or TOO_LONG.search(error.message) is not None
    )


def _transport_error(error: Exception) -> BragError:
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    logger.warning("The upstream call failed: %s %s", type(error).__name__, status or "")
    if isinstance(error, openai.BadRequestError) and _is_too_long(error):
        return ContextLengthExceeded()
    if isinstance(error, openai.RateLimitError):
        wait = retry_after(error.response) or RETRY_AFTER_SEC
        return OpenAIRateLimitedException(retry_after=wait)
    return OpenAIException()
