"""Requests to an application in this thread, without a server: what is measured is its own CPU."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import process_time, thread_time
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import Message

from tests.support.endpoint_places import MARK, Place
from tests.support.hostile import Text

RUN: Final = "_run"  # what asyncio's loop calls for each step


class Cost(NamedTuple):
    """Seconds of CPU of a request: of all threads, and of the longest step of the event loop."""

    total: float
    longest_step: float


class Service:
    """An application that is running, and asked without a server."""

    def __init__(self, app: FastAPI, state: Mapping[str, Any]) -> None:
        self.app = app
        self.cookie = ""
        self._state = state

    async def cost(self, place: Place, text: Text, size: int) -> Cost:
        """What a request costs whose hostile text has this size."""
        given = text(size)
        start = process_time()
        with _steps() as steps:
            await self.request(place, given)
        return Cost(process_time() - start, max(steps))

    async def request(self, place: Place, given: str = "") -> bytes:
        """The body of the answer."""
        answer, received = bytearray(), asyncio.Event()
        scope, body = self._scope(place, given)

        async def receive() -> Message:
            if received.is_set():
                await asyncio.Event().wait()  # nobody leaves
            received.set()
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            answer.extend(message.get("body", b""))

        await asyncio.create_task(self.app(scope, receive, send))
        return bytes(answer)

    async def headers_read(self, place: Place) -> set[str]:
        """The names of the headers that an endpoint looks for."""
        names: set[str] = set()
        get, getlist = Headers.__getitem__, Headers.getlist

        def get_recorded(headers: Headers, name: str) -> str:
            names.add(name.lower())
            return get(headers, name)

        def getlist_recorded(headers: Headers, name: str) -> list[str]:
            names.add(name.lower())
            return getlist(headers, name)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Headers, "__getitem__", get_recorded)
            patch.setattr(Headers, "getlist", getlist_recorded)
            await self.request(place)
        return names

    def _scope(self, place: Place, given: str) -> tuple[dict[str, Any], bytes]:
        path = place.path.replace(MARK, given.replace("/", ""))
        body = place.body.replace(MARK, given).encode()
        headers = {"host": "localhost", "content-length": str(len(body))}
        headers |= {name: value.replace(MARK, given) for name, value in place.headers}
        if self.cookie:
            headers["cookie"] = f"{headers.get('cookie', '')}; {self.cookie}"
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": place.method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": place.query.replace(MARK, given).encode(),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("latin-1")) for name, value in headers.items()
            ],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 8_000),
            "state": dict(self._state),
            "app": self.app,
        }, body


@contextmanager
def _steps() -> Iterator[list[float]]:
    """The CPU of every step that the loop takes in the block: a long one holds all requests up."""
    steps, run = [0.0], getattr(asyncio.Handle, RUN)

    def run_measured(handle: asyncio.Handle) -> None:
        start = thread_time()
        run(handle)
        steps.append(thread_time() - start)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.Handle, RUN, run_measured)
        yield steps
