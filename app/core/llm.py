"""The one AsyncOpenAI of the process, for any service that speaks the OpenAI API."""

from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz
from time import time
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from httpx2 import InvalidURL, Response, Timeout
from openai import AsyncOpenAI

from app.core.connections import UpstreamHttpClient
from app.core.constants import (
    CONNECT_TIMEOUT_SEC,
    MAX_RETRY_AFTER_SEC,
    MAX_TOLD_RETRY_AFTER_SEC,
)
from app.core.exceptions import ConfigurationError
from settings import Fallback, Settings

OPENAI: Final = "https://api.openai.com/v1"
MAX_REDIRECTS: Final = 3  # from http to https, and to the address with the right slashes
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def create_openai(settings: Settings, fallback: Fallback | None = None) -> AsyncOpenAI:
    """The client of OPENAI_BASE_URL, or of a fallback; it connects with the first call.

    It retries by itself (RFC 9110 `Retry-After` included), but not where that takes long: a long
    wait is for the client to choose. It waits for an answer for ever: the caller bounds the whole
    by GENERATION_TIMEOUT_SEC, and a timer for each read would be set anew with each chunk.
    """
    key, base_url = settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL
    if key is None and base_url is None:
        raise ConfigurationError(
            "Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: set a key for OpenAI, or the "
            "base URL of another service, or start one with `brag run`."
        )
    if fallback is not None:  # a key goes nowhere but where it belongs
        key, base_url = fallback.api_key, fallback.base_url or base_url
    # Not None: the client would take an OPENAI_BASE_URL that is set to nothing for a URL.
    url = urlsplit(base_url or OPENAI)
    secret = key.get_secret_value() if key else "none"
    query = dict(parse_qsl(url.query, keep_blank_values=True))
    return AsyncOpenAI(
        api_key=secret,
        base_url=url._replace(query="").geturl(),
        default_query=query,
        # Azure's older addresses take a key in this header alone.
        default_headers={"api-key": secret} if "api-version" in query else None,
        timeout=Timeout(None, connect=CONNECT_TIMEOUT_SEC),
        http_client=_create_http_client(url),
    )


def place(base_url: str | None) -> str:
    """A base URL without what it may hold of a user and a password, or of a key."""
    parts = urlsplit(base_url or OPENAI)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="").geturl().rstrip("/")


def _create_http_client(url: SplitResult) -> UpstreamHttpClient:
    """A client that goes through the proxy of the environment, but to this machine itself."""
    is_here = url.scheme == "http" and url.hostname in LOOPBACK
    hooks = {"response": [_refuse_long_waits]}
    try:
        return UpstreamHttpClient(
            event_hooks=hooks, trust_env=not is_here, max_redirects=MAX_REDIRECTS
        )
    except (ValueError, InvalidURL) as error:
        raise ConfigurationError(
            "The proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY cannot be used: it must be a URL of "
            f"the form http://host:port ({error})."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The certificates of SSL_CERT_FILE cannot be read: {error.strerror}."
        ) from None


async def _refuse_long_waits(response: Response) -> None:
    if response.is_error and retry_after(response) > MAX_RETRY_AFTER_SEC:
        response.headers["x-should-retry"] = "false"  # the client's own word for it


def retry_after(response: Response) -> float:
    """Seconds that the upstream asks to wait for, 0 where it does not say.

    As the client reads it: `retry-after-ms`, then `retry-after` in seconds or as a date.
    """
    headers = response.headers
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        with suppress(KeyError, ValueError):
            return _bounded(float(headers[name]) / unit)
    with suppress(TypeError, ValueError, OverflowError, OSError):  # of what is no date
        date = parsedate_tz(headers.get("retry-after"))
        return _bounded(mktime_tz(date) - time()) if date else 0.0
    return 0.0


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_TOLD_RETRY_AFTER_SEC)
