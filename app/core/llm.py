"""The one AsyncOpenAI of the process, for any service that speaks the OpenAI API."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from httpx2 import Limits, Response, Timeout
from openai import AsyncOpenAI, DefaultAioHttpClient

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
    http_client = DefaultAioHttpClient(
        # 0 is aiohttp's word for no limit; with None the 101st call would wait for another's end.
        limits=Limits(max_connections=0, keepalive_expiry=60),
        event_hooks={"response": [_refuse_long_waits]},
    )
    return AsyncOpenAI(
        api_key=key.get_secret_value() if key else "none",
        base_url=settings.OPENAI_BASE_URL,
        timeout=Timeout(None, connect=CONNECT_TIMEOUT_SEC),
        http_client=http_client,
    )


async def _refuse_long_waits(response: Response) -> None:
    if retry_after(response) > MAX_RETRY_AFTER_SEC:
        response.headers["x-should-retry"] = "false"  # the client's own word for it


def retry_after(response: Response) -> float:
    """Seconds that the upstream asks to wait for, 0 where it does not say (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "0")
    try:
        seconds = float(value) if value[:1].isdecimal() else _seconds_until(value)
    except ValueError:
        return 0.0
    return min(max(0.0, seconds), MAX_TOLD_RETRY_AFTER_SEC)


def _seconds_until(date: str) -> float:
    return (parsedate_to_datetime(date).astimezone(UTC) - datetime.now(UTC)).total_seconds()
