"""What one thread does on one connection, and how the event loop breaks it off."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import psycopg2

from app.core.caller import Caller


class BrokenOff(Exception):
    """The caller does not wait for this work any more."""


class Work:
    """What one thread does on one connection; the event loop can break it off."""

    of_thread = threading.local()

    def __init__(self, caller: Caller, call: Callable[[], Any]) -> None:
        self.caller = caller
        self.statement_at = monotonic()  # when the last one began
        self._call = call
        self._lock = threading.Lock()
        self._connection: Any = None
        self._broken_off = False
        self._pinged: bool | None = None  # None: no ping is under way

    @property
    def silence(self) -> float:
        """Seconds since a statement has begun, or since the work has."""
        return monotonic() - self.statement_at

    def run(self) -> Any:
        """Does it in this thread; nothing where it was broken off."""
        if self._broken_off:
            return None  # before it has begun
        Work.of_thread.work = self
        try:
            return self._call()
        except BrokenOff:
            return None
        finally:
            del Work.of_thread.work  # and with it what was written: a document may be large

    def take(self, connection: Any) -> None:
        """Notes the connection that the pool hands to it; raises BrokenOff if it is too late."""
        with self._lock:
            if self._broken_off:
                raise BrokenOff
            self._connection = connection

    def release(self) -> None:
        """Gives the connection up, before the pool hands it to anybody else."""
        with self._lock:
            self._connection = None

    def ping(self, connection: Any) -> bool:
        """Whether a connection that has been idle still leads to Postgres: it is asked."""
        self.take(connection)
        self._pinged = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error:
            return False
        finally:
            with self._lock:
                in_time, self._pinged, self._connection = self._pinged, None, None
        return in_time

    def end_ping(self) -> None:
        """Gives a ping up that is still under way: no answer comes any more."""
        with self._lock:
            if self._pinged:
                self._pinged = False
                self._shut_down()

    def break_off(self) -> None:
        """Shuts the connection's socket down: a thread that waits for a dead server returns."""
        with self._lock:
            self._broken_off = True
            if self._connection is not None:
                self._shut_down()

    def _shut_down(self) -> None:
        with (
            suppress(OSError, psycopg2.InterfaceError),  # it is closed already
            socket.socket(fileno=os.dup(self._connection.fileno())) as connection,
        ):
            connection.shutdown(socket.SHUT_RDWR)


class Watch:
    """Ends the wait for work of which no statement has begun for so many seconds."""

    def __init__(self, work: Work, limit: asyncio.Timeout, seconds: float) -> None:
        self._work = work
        self._limit = limit
        self._seconds = seconds
        self._look()

    def stop(self) -> None:
        """Looks no more."""
        self._timer.cancel()

    def _look(self) -> None:
        loop, left = asyncio.get_running_loop(), self._seconds - self._work.silence
        if left > 0:
            self._timer = loop.call_later(left, self._look)
        elif not self._limit.expired():
            self._limit.reschedule(loop.time())
