"""Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from async_timeout import timeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.background import background
from app.core.caller import Caller
from app.core.exceptions import BragError, PayloadTooLarge
from app.core.handlers import refuse
from app.idempotency.constants import (
    HEADER,
    IN_THREAD_BYTES,
    RELEASE_SEC,
    REPLAYED,
    REPLAYED_HEADERS,
)
from app.idempotency.fingerprints import fingerprint
from app.idempotency.keys import parse_key
from app.idempotency.models import Answer
from app.idempotency.services import IdempotencyService, Lease

RAW_HEADER: Final = HEADER.lower().encode()
EVENT_STREAM: Final = "text/event-stream"
MESSAGE_UUID: Final = "x-message-uuid"
SUCCESSFUL: Final = range(200, 300)


class Idempotency:
    """Answers a POST to one of `paths` that comes again as it was answered before.

    It stands within BodyLimit, and within what sets the state's `caller` and `idempotency`.
    """

    def __init__(
        self,
        app: ASGIApp,
        paths: Collection[str],
        stream_path: str,
        own_streams: Collection[str] = (),
    ) -> None:
        """A stream is sent again by `stream_path`, which has the place of a message's `{uuid}`.

        One of `own_streams` has a form of its own: its path sends it again, and finds in the
        state's `replayed_uuid` which message it is.
        """
        self._app = app
        self._paths = frozenset(paths)
        self._stream_path = stream_path
        self._own_streams = frozenset(own_streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection (ASGI)."""
        if not self._concerns(scope):
            return await self._app(scope, receive, send)
        try:
            key = parse_key(Headers(scope=scope).getlist(HEADER))
            body = await _read(receive)
            claimed = await _claim(scope, key, body)
        except BragError as error:
            return await refuse(error, scope, receive, send)
        if isinstance(claimed, Answer):
            return await self._replay(claimed, scope, _Body(body, receive).receive, send)
        return await self._answer(claimed, scope, _Body(body, receive), send)

    def _concerns(self, scope: Scope) -> bool:
        return (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"] in self._paths
            and any(name == RAW_HEADER for name, _ in scope["headers"])
        )

    async def _replay(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
        if answer.message_uuid is None:
            headers = answer.headers | {REPLAYED: "true"}
            if answer.content_type is not None:
                headers["Content-Type"] = answer.content_type
            return await Response(answer.body, answer.status, headers)(scope, receive, send)
        if scope["path"] in self._own_streams:
            state = {**scope["state"], "replayed_uuid": answer.message_uuid}
            return await self._app({**scope, "state": state}, receive, _replayed(send))
        path = self._stream_path.format(uuid=answer.message_uuid)
        stream = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
        return await self._app({**scope, **stream, "headers": []}, receive, _replayed(send))

    async def _answer(self, lease: Lease, scope: Scope, body: "_Body", send: Send) -> None:
        async with background(lease.keep()):
            try:
                recorder = _Recorder(lease, body, scope["state"], send)
                await self._app(scope, body.receive, recorder.send)
            finally:
                await lease.release()  # where storing the answer has not ended it


class _Body:
    """Gives a body that was read once more, and then what the server says of the client."""

    def __init__(self, chunks: list[bytes], receive: Receive) -> None:
        self.has_told_of_leaving = False
        self._chunks = deque(chunks)
        self._receive = receive

    async def receive(self) -> Message:
        """The next part of the body, which is let go of, or what comes after it (ASGI)."""
        if self._chunks:
            chunk = self._chunks.popleft()
            return {"type": "http.request", "body": chunk, "more_body": bool(self._chunks)}
        message = await self._receive()
        self.has_told_of_leaving |= message["type"] == "http.disconnect"
        return message


class _Recorder:
    """Passes a response on; before its client can know of its end, the key is finished or released.

    A whole 2xx answer is held until it is stored, with the message that the state's `answer_uuid`
    names, if any: they are deleted together. A stream is passed on as it comes: its key stands
    for its message, which says whether it is done. Where the endpoint was told that its client has
    left, its answer is not kept: it has broken off.
    """

    def __init__(self, lease: Lease, body: _Body, state: dict[str, Any], send: Send) -> None:
        self._lease = lease
        self._state = state
        self._request = body
        self._pass = send
        self._held: list[Message] = []
        # No bound method: that would keep the body until the garbage collector comes by.
        self._take: Callable[[_Recorder, Message], Awaitable[None]] = _Recorder._begin

    def send(self, message: Message) -> Awaitable[None]:
        """Takes one message of the response (ASGI)."""
        return self._take(self, message)

    async def _begin(self, start: Message) -> None:
        self._start = start
        if start["status"] not in SUCCESSFUL:
            with suppress(TimeoutError):  # it is tried again once the client has its answer
                async with timeout(RELEASE_SEC):
                    await self._lease.release()
            self._take = _Recorder._pass_on
        elif self._headers.get("content-type", "").startswith(EVENT_STREAM):
            await self._lease.stand_for(UUID(self._headers[MESSAGE_UUID]), self._answer(b""))
            self._take = _Recorder._pass_on
        else:
            self._take = _Recorder._hold
            self._held.append(start)
            return
        await self._pass(start)

    async def _pass_on(self, message: Message) -> None:
        await self._pass(message)

    async def _hold(self, message: Message) -> None:
        self._held.append(message)
        if message.get("more_body"):
            return
        await self._finish(b"".join(part.get("body", b"") for part in self._held))
        for part in self._held:
            await self._pass(part)

    async def _finish(self, body: bytes) -> None:
        if self._request.has_told_of_leaving:
            return await self._lease.release()
        answer = replace(self._answer(body), answer_uuid=self._state.get("answer_uuid"))
        return await self._lease.finish(answer)

    def _answer(self, body: bytes) -> Answer:
        kept = {name: value for name, value in self._headers.items() if name in REPLAYED_HEADERS}
        return Answer(self._start["status"], self._headers.get("content-type"), kept, body)

    @property
    def _headers(self) -> Headers:
        return Headers(raw=list(self._start.get("headers", [])))


async def _read(receive: Receive) -> list[bytes]:
    """The whole body, as it came; PayloadTooLarge where BodyLimit says so."""
    chunks: list[bytes] = []
    while True:
        try:
            message = await receive()
        except HTTPException as error:
            if error.status_code == PayloadTooLarge.status:
                raise PayloadTooLarge from None
            raise
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return chunks


async def _claim(scope: Scope, key: str, body: list[bytes]) -> Lease | Answer:
    caller: Caller = scope["state"]["caller"]
    service: IdempotencyService = scope["state"]["idempotency"]
    # The scopes as well: a key of fewer is not told what one of more was answered.
    request = (scope["method"], scope["path"], scope["query_string"], sorted(caller.scopes))
    content_type = Headers(scope=scope).get("content-type", "")
    if sum(map(len, body)) > IN_THREAD_BYTES:
        known = await asyncio.to_thread(fingerprint, request, content_type, body)
    else:
        known = fingerprint(request, content_type, body)
    return await service.claim(caller, key, known)


def _replayed(send: Send) -> Send:
    """The same `send`, which marks a response as one that is sent again."""

    async def send_replayed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (REPLAYED.lower().encode(), b"true")]
        await send(message)

    return send_replayed
