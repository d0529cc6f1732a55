"""How a command ends before its work is done: Ctrl-C, SIGTERM, a reader that leaves."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Interrupted(Exception):
    """A signal has ended a command."""

    def __init__(self, number: signal.Signals) -> None:
        self.exit_code = 128 + number  # as a shell reports it
        super().__init__(number)


async def until_signal(command: Coroutine[None, None, T]) -> T:
    """Runs a command to its end; the first Ctrl-C or SIGTERM cancels it and raises Interrupted.

    Further signals are ignored: they would break off the ending itself, and leave Postgres running.
    """
    running = asyncio.create_task(command)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            running.cancel()
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        return await running
    except asyncio.CancelledError:
        if not received:
            raise
        raise Interrupted(received[0]) from None


@contextmanager
def until_reader_leaves() -> Iterator[None]:
    """Ends the process with 1, and no traceback, where nobody reads its output: after `head`."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for Python's last flush
        sys.exit(1)
