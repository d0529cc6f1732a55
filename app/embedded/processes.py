"""Processes that end with this one, however it ends."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress


async def spawn(*arguments: str, environment: Mapping[str, str]) -> Process:
    """Runs a Python module with its arguments, tethered, in a process group of its own.

    A group of its own: Ctrl-C reaches the launcher alone, which then stops all parts in order.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app.embedded.tether", *arguments),
        env={**os.environ, **environment},
        stdin=asyncio.subprocess.PIPE,
        start_new_session=True,
    )


async def end(process: Process, grace_sec: float) -> None:
    """Asks the process to end, and after `grace_sec` kills what is left of its group."""
    try:
        with suppress(ProcessLookupError, TimeoutError):
            process.terminate()
            async with asyncio.timeout(grace_sec):
                await process.wait()
    finally:
        kill_group(process)
    await process.wait()


def kill_group(process: Process) -> None:
    """Kills whatever the process started and left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
