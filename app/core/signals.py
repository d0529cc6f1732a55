"""How a command ends when it is told to: Ctrl-C, SIGTERM."""

import asyncio
import signal
from collections.abc import Coroutine
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
