"""One call of the OpenAI API, streamed or not, as pieces of an answer."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, cast

import aiohttp
import httpx2
import openai
import orjson
from async_timeout import timeout
from openai import AsyncAPIResponse, AsyncOpenAI

from app.chat.constants import DRAIN_UPSTREAM_SEC
from app.chat.decoding import CompletionDecoder
from app.chat.events import Piece
from app.chat.exceptions import OpenAIException, OpenAIRateLimitedException
from app.chat.prompts import Prompt
from app.core.constants import RETRY_AFTER_SEC
from app.core.exceptions import BragError
from app.core.llm import retry_after

logger = logging.getLogger(__name__)

# The client's own header for a body that it is not to read.
RAW_RESPONSE_HEADER: Final = "X-Stainless-Raw-Response"
UPSTREAM_ERRORS: Final = (openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError)


class Upstream:
    """Asks the model behind the OpenAI API for completions.

    The client sends, authenticates and retries; its bodies are read here, since building its
    typed objects for every chunk costs more than all the rest of a stream.
    """

    def __init__(self, client: AsyncOpenAI) -> None:
        self._client = client

    async def complete(
        self, model: str, prompt: Prompt, decoder: CompletionDecoder, *, stream: bool
    ) -> AsyncIterator[list[Piece]]:
        """Yields an empty list when the upstream has accepted, then pieces as they come.

        Raises OpenAIException (refused, unreachable, broken off), OpenAIRateLimitedException or
        OpenAIFailedProcessingException (not a completion).
        """
        body: dict[str, Any] = {"model": model, "messages": prompt, "stream": stream}
        if stream:
            body["stream_options"] = {"include_usage": True}
        try:
            async with self._post(body) as response:
                yield []
                if response.headers.get("content-type", "").startswith("text/event-stream"):
                    async for pieces in _read_stream(_raw(response), decoder):
                        yield pieces
                else:
                    yield decoder.decode_json(await response.read())
        except UPSTREAM_ERRORS as error:
            if decoder.finish_reason is None:
                raise _convert(error) from error
        decoder.check_whole()

    @asynccontextmanager
    async def _post(self, body: dict[str, Any]) -> AsyncIterator[AsyncAPIResponse[object]]:
        """What `chat.completions.with_streaming_response.create` does, with untyped parameters.

        Walking through those for what they might have to convert takes longer than sending them.
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


def _raw(response: AsyncAPIResponse[object]) -> AsyncIterator[bytes]:
    """The bytes of a body as they come: `aiter_raw` would count them, and look at each twice."""
    return aiter(cast(httpx2.AsyncByteStream, response.http_response.stream))


async def _read_stream(
    chunks: AsyncIterator[bytes], decoder: CompletionDecoder
) -> AsyncIterator[list[Piece]]:
    async for data in chunks:
        if pieces := decoder.feed(data):
            yield pieces
        if decoder.done:
            await _drain(chunks)
            return


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    """Reads to the end of the body, so that the connection can carry the next call."""
    with suppress(TimeoutError, *UPSTREAM_ERRORS):
        async with timeout(DRAIN_UPSTREAM_SEC):
            async for _ in chunks:
                pass


def _convert(error: Exception) -> BragError:
    status = error.status_code if isinstance(error, openai.APIStatusError) else None
    logger.warning("The upstream call failed: %s %s", type(error).__name__, status or "")
    if isinstance(error, openai.RateLimitError):
        wait = retry_after(error.response) or RETRY_AFTER_SEC
        return OpenAIRateLimitedException(retry_after=wait)
    return OpenAIException()
