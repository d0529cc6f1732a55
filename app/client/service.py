"""The running service, asked over HTTP: only it has a model, and it may hold the vectors."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import orjson
from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
)

from app.core.exceptions import ConfigurationError
from app.documents.models import DocumentStatus

KEY: Final = "BRAG_API_KEY"
NO_KEY: Final = f"The service wants to know who asks: set {KEY} to a key (docs/users.md)."
WRONG_KEY: Final = f"The service does not take the key in {KEY}: it is wrong, or has ended."
UNREAD: Final = (DocumentStatus.PENDING, DocumentStatus.PROCESSING)
CONNECT_SEC: Final = 5
SILENCE_SEC: Final = 300  # a stream sends a ping more often
MAX_LINE_BYTES: Final = 2**24  # an event is one line, and holds whole passages


class Service:
    """The API at an address; ConfigurationError says in a sentence what it refuses."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    async def search(self, query: str, limit: int | None) -> list[dict[str, Any]]:
        """The best passages for a query."""
        parameters = {"query": query} | ({} if limit is None else {"limit": str(limit)})
        async with self._request("GET", "/v1/search", params=parameters) as response:
            return list(orjson.loads(await response.read()))

    async def ask(self, question: str, model: str | None) -> AsyncIterator[tuple[str, Any]]:
        """The names and the data of the events of a streamed answer."""
        body = {"message": question, "model": model}
        name = ""
        async with self._request("POST", "/v1/qa-stream", json=body) as response:
            async for line in response.content:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, orjson.loads(value)

    async def is_reading(self) -> bool:
        """Whether documents are still being read that the caller may see."""
        for status in UNREAD:
            parameters = {"status": status, "limit": "1"}
            async with self._request("GET", "/v1/documents", params=parameters) as response:
                if orjson.loads(await response.read()):
                    return True
        return False

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, **options: Any
    ) -> AsyncIterator[ClientResponse]:
        timeout = ClientTimeout(sock_connect=CONNECT_SEC, sock_read=SILENCE_SEC)
        failure = f"No bRAG answers at {self._url}: start one with `brag run`, or give its --url."
        try:
            async with (
                ClientSession(
                    timeout=timeout, headers=authorization(), read_bufsize=MAX_LINE_BYTES
                ) as session,
                session.request(method, self._url + path, **options) as response,
            ):
                failure = f"The connection to {self._url} broke off before all had come."
                if response.status != HTTPStatus.OK:
                    raise ConfigurationError(_refusal(response, await response.read()))
                yield response
        except ClientConnectorCertificateError as error:
            raise ConfigurationError(
                f"The certificate of {self._url} is not trusted: "
                "name its authority in SSL_CERT_FILE."
            ) from error
        except (ClientError, TimeoutError) as error:
            raise ConfigurationError(failure) from error
        except ValueError as error:
            raise ConfigurationError(f"What answers at {self._url} is no bRAG.") from error


def authorization() -> dict[str, str]:
    """The header that sends the key of BRAG_API_KEY, if that is set."""
    key = os.environ.get(KEY)
    return {"Authorization": f"Bearer {key}"} if key else {}


def refused_key() -> str:
    """What a 401 says of the key."""
    return WRONG_KEY if os.environ.get(KEY) else NO_KEY


def _refusal(response: ClientResponse, body: bytes) -> str:
    if response.status == HTTPStatus.UNAUTHORIZED:
        return refused_key()
    try:
        return str(orjson.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The service answers with the status {response.status}."
