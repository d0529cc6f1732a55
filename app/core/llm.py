"""The one AsyncOpenAI of the process, for any service that speaks the OpenAI API."""

from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz
from time import time

from httpx2 import Response, Timeout
from openai import AsyncOpenAI

from app.core.connections import UpstreamHttpClient
from app.core.constants import (
    CONNECT_TIMEOUT_SEC,
    MAX_RETRY_AFTER_SEC,
    MAX_TOLD_RETRY_AFTER_SEC,
)
from app.core.exceptions import ConfigurationError
from settings import Settings


def create_openai(settings: Settings) -> AsyncOpenAI:
    """The client of OPENAI_BASE_URL; it connects with the first call.

    It retries by itself (RFC 9110 `Retry-After` included), but not where that takes long: a long
    wait is for the client to choose. It waits for an answer for ever: the caller bounds the whole
    by GENERATION_TIMEOUT_SEC, and a timer for each read would be set anew with each chunk.
    """
    key = settings.OPENAI_API_KEY
    if key is None and settings.OPENAI_BASE_URL is None:
        raise ConfigurationError(
            "Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: set a key for OpenAI, or the "
            "base URL of another service, or start one with `python -m app.embedded`."
        )
    return AsyncOpenAI(
        api_key=key.get_secret_value() if key else "none",
        base_url=settings.OPENAI_BASE_URL,
        timeout=Timeout(None, connect=CONNECT_TIMEOUT_SEC),
        http_client=UpstreamHttpClient(event_hooks={"response": [_refuse_long_waits]}),
    )


async def _refuse_long_waits(response: Response) -> None:
    if retry_after(response) > MAX_RETRY_AFTER_SEC:
        response.headers["x-should-retry"] = "false"  # the client's own word for it


def retry_after(response: Response) -> float:
    """Seconds that the upstream asks to wait for, 0 where it does not say.

    As the client reads it: `retry-after-ms`, then `retry-after` in seconds or as a date.
    """
    headers = response.headers
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        with suppress(KeyError, ValueError):
            return _bounded(float(headers[name]) / unit)
    with suppress(TypeError, ValueError, OverflowError, OSError):  # a date like no other
        date = parsedate_tz(headers.get("retry-after"))
        return _bounded(mktime_tz(date) - time()) if date else 0.0
    return 0.0


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_TOLD_RETRY_AFTER_SEC)
