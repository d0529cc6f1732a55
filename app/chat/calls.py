"""A call of the OpenAI API on the wire: it is sent, its body is read, and why it failed.

See docs/decisions/0007-the-upstream-is-read-as-bytes.md.
"""

import zlib
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
from app.core.logs import CREDENTIALS
from app.core.tracing.spans import trace_headers

Response = AsyncAPIResponse[object]

# The client's own header for a body that it is not to read.
RAW_RESPONSE_HEADER: Final = "X-Stainless-Raw-Response"
HEADERS: Final = {RAW_RESPONSE_HEADER: "stream", "Accept-Encoding": "identity"}
UPSTREAM_ERRORS: Final = (
    *(openai.OpenAIError, httpx2.HTTPError, aiohttp.ClientError),
    UnicodeError,  # of a reason phrase that is no UTF-8
    zlib.error,
)
BY_THEIR_BYTES: Final = ("", "identity", "gzip", "x-gzip")  # labels that are not relied on


@asynccontextmanager
async def post(client: AsyncOpenAI, body: dict[str, Any]) -> AsyncIterator[Response]:
    """What `client.chat.completions.with_streaming_response.create` does, untyped.

    That walks through the parameters for what it might have to convert: 0.5 ms of a completion.
    """
    response = cast(
        Response,
        await client.post(
            "/chat/completions",
            content=orjson.dumps(body),
            cast_to=object,
            options={"headers": HEADERS | trace_headers()},
        ),
    )
    try:
        yield response
    finally:
        await response.close()


def read(response: Response) -> AsyncIterator[bytes]:
    """The body as it comes; where its label is another than gzip, decompressed as that says."""
    if response.headers.get("content-encoding", "").strip().lower() in BY_THEIR_BYTES:
        return response.http_response.aiter_raw()  # by itself: each layer costs with every chunk
    return response.iter_bytes()


async def drain(chunks: AsyncIterator[bytes]) -> None:
    """Reads to the end of the body, so that the connection can carry the next call."""
    with suppress(TimeoutError, *UPSTREAM_ERRORS):
        async with timeout(DRAIN_UPSTREAM_SEC):
            async for _ in chunks:
                pass


def cause_of(error: BaseException) -> BaseException:
    """What was met on the wire: the client calls a refused connection a timeout."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, aiohttp.ClientError | OSError):
        cause = cause.__cause__
    return cause or error


def reason(error: BaseException) -> str:
    """Why a call failed, for a log: of other errors than the system's the names alone.

    Those may quote what was sent or answered.
    """
    cause = cause_of(error)
    if isinstance(cause, OSError):
        said = str(cause).splitlines()[:1]
    else:
        said = [type(cause.__cause__).__name__] if cause.__cause__ else []
    return CREDENTIALS.sub("…@", ": ".join([type(cause).__name__, *said]))
