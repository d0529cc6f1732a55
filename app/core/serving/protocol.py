"""HTTP as the server speaks it: see docs/decisions/0038."""

import asyncio
from sys import maxsize
from typing import Final

import httptools

from app.core.exceptions import BadRequest, BragError, HeadersTooLarge, UriTooLong
from app.core.serving.connection import Connection
from app.core.serving.flow import Flow
from app.core.serving.heads import check_head, without_upgrade
from app.core.steps import call_in_step

NO_HTTP: Final = "The request is not valid HTTP"
STEP_BYTES: Final = 64 * 2**10  # take 2 ms where they come in chunks of a byte
AT_ONCE_BYTES: Final = STEP_BYTES // 4  # most requests are shorter


class HttpProtocol(Connection):
    """uvicorn's protocol over httptools, with the bounds that it lacks."""

    flow: Flow

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begins with a head."""
        super().connection_made(transport)
        self.flow = Flow(transport)
        self.url = b""
        self._room = self.bounds.head_bytes  # how many bytes may come that belong to no body
        self._body: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        """Reads what is short; what is long is read in steps, and no more comes before that."""
        self._unset_keepalive_if_required()
        if len(data) > AT_ONCE_BYTES:
            self.transport.pause_reading()
            self.flow.unread = memoryview(data)
            call_in_step(self._read_on)
        else:
            self._read(data)

    def _read_on(self) -> None:
        if self.transport.is_closing():
            return
        data = self.flow.unread
        self.flow.unread = data[STEP_BYTES:]
        self._read(data[:STEP_BYTES])
        if self.flow.unread and not self._is_deaf:
            call_in_step(self._read_on)
            return
        self.flow.unread = b""
        if not self.flow.read_paused:
            self.transport.resume_reading()

    def _read(self, data: bytes | memoryview) -> None:
        """Feeds the parser no more at a time than may belong to a head."""
        while data and not self._is_deaf:
            room = self._room
            self._room -= len(data)
            if self._room >= 0:
                self._feed(data)
                break
            self._feed(data[:room])
            if self._room < 0 and not self._is_deaf:
                is_url = len(self.url) > self.bounds.head_bytes // 2
                self._refuse(UriTooLong() if is_url else HeadersTooLarge())
            data = data[room:]
        sending = self._sending
        if sending.head_since is None and not sending.in_body and self._is_in_head:
            sending.head_since = self.loop.time()

    @property
    def _is_in_head(self) -> bool:
        """Whether a part of a head is there, or of the empty lines that may stand before it."""
        return not self._is_deaf and (self._room < self.bounds.head_bytes or self._has_begun)

    def _feed(self, data: bytes | memoryview) -> None:
        try:
            self.parser.feed_data(data)
            if self._body:
                self._hand_on_body()
        except httptools.HttpParserUpgrade as upgrade:
            self._pass_over_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            self._refuse(cause if isinstance(cause, BragError) else BadRequest(f"{NO_HTTP}."))
        except httptools.HttpParserError as error:
            self._refuse(BadRequest(f"{NO_HTTP}: {error}."))

    def _pass_over_upgrade(self, rest: bytes | memoryview) -> None:
        """Reads the head again without the upgrade, after which httptools would read no body."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        if method == b"CONNECT":
            self._refuse(BadRequest("This is no proxy."))
        else:
            self.parser = httptools.HttpRequestParser(self)
            self._feed(without_upgrade(method, self.url, version, self.headers))
            self._read(rest)

    def on_headers_complete(self) -> None:
        """Starts the request, or has it wait for the answer to the one before."""
        if self.parser.should_upgrade():
            return
        version = self.parser.get_http_version()
        has_length = check_head(version, self.headers, self.bounds.headers)
        if len(self.pipeline) >= self.bounds.pipelined:
            raise BadRequest("Too many requests wait for the answer to the one before.")
        if version == "1.0":
            self.expect_100_continue = False  # RFC 9110, 10.1.1
        super().on_headers_complete()
        if version == "1.0":
            self.cycle.keep_alive = self.parser.should_keep_alive() and not self._is_ending
        self._room = maxsize if has_length else self.bounds.head_bytes
        self.headers = []  # trailers are no headers
        self._sending.begin_body()

    def on_body(self, body: bytes) -> None:
        """Collects the pieces of one read, which `_feed` hands on as one: they may be 40,000."""
        self._body.append(body)

    def _hand_on_body(self) -> None:
        body = b"".join(self._body)
        self._body.clear()
        self._sending.received += len(body)
        self._room = max(self._room, self.bounds.head_bytes)
        super().on_body(body)
        self._sending.was_held |= self.flow.read_paused

    def on_message_complete(self) -> None:
        """The client owes nothing more."""
        if self.parser.should_upgrade():
            return
        if self._body:
            self._hand_on_body()
        self._sending.in_body = False
        self._room = self.bounds.head_bytes
        super().on_message_complete()
