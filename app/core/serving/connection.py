"""A connection that ends when its client takes too long, or sends what cannot be answered."""

import asyncio
from typing import Any, ClassVar, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from app.core.exceptions import BragError, RequestTimeout
from app.core.serving.bounds import Bounds, Sending, Taking
from app.core.serving.old_clients import Http10
from app.core.serving.refusals import id_of, refusal


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with one timer for all that the client may be late with.

    uvicorn calls a request and its answer a cycle; its own `cycle` is the newest of a connection.
    """

    bounds: ClassVar[Bounds] = Bounds()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._answered: RequestResponseCycle | None = None  # the one whose turn it is, or was
        self._is_deaf = False  # after a refusal nothing is read
        self._is_ending = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Gives the client as long for its first byte as for a head."""
        super().connection_made(transport)
        now = self.loop.time()
        self._sending = Sending(self.bounds, now)
        self._taking = Taking(self.bounds, now)
        self._timer = self.loop.call_at(self._sending.next_look(now), self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the request that is being answered too: uvicorn tells the newest alone."""
        self._timer.cancel()
        self._unset_keepalive_if_required()
        self.pipeline.clear()
        if self._answered is not None:
            _disconnect(self._answered)
        super().connection_lost(exc)

    def resume_writing(self) -> None:
        """Notes that the client has taken something."""
        self._taking.since = self.loop.time()
        super().resume_writing()

    def shutdown(self) -> None:
        """Ends the connection after the answer that is owed, when the server ends.

        Where none is, a request may be on its way: it is waited for.
        """
        self._is_ending = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(self.bounds.late_sec, super().shutdown)
        else:
            super().shutdown()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        cycle.keep_alive = cycle.keep_alive and not self._is_ending
        cycle.transport = cast(asyncio.Transport, _CycleTransport(self))
        if cycle.scope["http_version"] == "1.0":
            app = Http10(app, cycle)
        super()._start_asgi_task(cycle, app)

    def _look(self) -> None:
        now = self.loop.time()
        self._timer = self.loop.call_at(self._sending.next_look(now), self._look)
        if self._taking.is_stuck(now, self.transport.get_write_buffer_size()):
            self.transport.abort()
        elif not self._is_deaf and self._sending.is_late(now, is_held=self._is_held):
            # Who has said nothing is told nothing: browsers connect in advance.
            has_begun = self._sending.in_body or self._has_begun
            self._refuse(RequestTimeout() if has_begun else None)

    @property
    def _is_held(self) -> bool:
        """Whether the server does not let the client send."""
        return self.flow.read_paused or (
            self._sending.in_body and self.cycle.waiting_for_100_continue
        )

    def _refuse(self, error: BragError | None) -> None:
        """Ends the connection, with the error as the last answer where one can be given."""
        self._is_deaf = True
        self._sending.head_since = None
        own = self.cycle if self._sending.in_body else None
        before = self._answered
        if before is not None and before is not own and not before.response_complete:
            self._close_after(before, own)
        elif error is None or (own is not None and own.response_started):
            self.transport.close()
        else:
            self._say_last(error, own)

    @property
    def _has_begun(self) -> bool:
        """Whether there is a part of a head: uvicorn adds the method when it is whole."""
        return self.scope is not None and "method" not in self.scope

    def _close_after(self, before: RequestResponseCycle, own: RequestResponseCycle | None) -> None:
        """Lets the answers go out that are owed to earlier requests."""
        if own is not None:
            self.pipeline.popleft()  # the newest
        last = self.pipeline[0][0] if self.pipeline else before
        last.keep_alive = False

    def _say_last(self, error: BragError, own: RequestResponseCycle | None) -> None:
        headers = self.headers or []
        if own is not None:
            headers = list(own.scope["headers"])
            _disconnect(own)
        id_ = cast(dict[str, Any], self.scope or {}).get("request_id") or id_of(headers)
        self.transport.write(refusal(error, id_, self.server_state.default_headers))
        if self.transport.can_write_eof():
            self._linger()
        else:
            self.transport.close()

    def close(self) -> None:
        """Ends the connection after an answer; what of the request still comes is not read."""
        if self._sending.in_body and self.transport.can_write_eof():
            self._is_deaf = True
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Takes what the client still sends: closing at once, TCP would drop the last answer."""
        self.transport.write_eof()
        self.flow.resume_reading()
        self._timer.cancel()
        self._timer = self.loop.call_later(self.bounds.linger_sec, self.transport.abort)


class _CycleTransport:
    """The transport as a cycle uses it: `close` is the connection's, which lingers where it has to.

    uvicorn closes the transport whether or not the body has been read.
    """

    def __init__(self, connection: Connection) -> None:
        self.write = connection.transport.write
        self.is_closing = connection.transport.is_closing
        self.close = connection.close


def _disconnect(cycle: RequestResponseCycle) -> None:
    """Has the application see that its client has left."""
    cycle.disconnected = True
    cycle.message_event.set()
