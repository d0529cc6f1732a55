"""What one thread does on one connection, and how the event loop breaks it off."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
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
        self._call = call
        self._lock = threading.Lock()
        self._connection: Any = None
        self._broken_off = False

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

    def break_off(self) -> None:
        """Shuts the connection's socket down: a thread that waits for a dead server returns."""
        with self._lock, suppress(OSError, psycopg2.InterfaceError):  # it is closed already
            self._broken_off = True
            if self._connection is not None:
                with socket.socket(fileno=os.dup(self._connection.fileno())) as connection:
                    connection.shutdown(socket.SHUT_RDWR)
