"""What strangers can do to others: honest callers beside 200 hostile connections."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from statistics import quantiles
from time import sleep
from typing import Final

import orjson

from app.core.priorities import give_way
from benchmarks.answers import Answer, question
from benchmarks.load import Load, Outcome, run
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig

CONNECTIONS: Final = 200
CALLERS: Final = 20
FREE_SEC: Final = 60
HONEST: Final = Load("/v1/completion", Answer(tokens=50), callers=CALLERS, pause_sec=0.5)

Attack = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def hostile(rig: Rig, plan: Plan) -> Iterator[Row]:
    """Honest callers by themselves, and beside every kind of attack at once."""
    load = replace(HONEST, seconds=plan.beside_seconds)
    with rig.brag(MAX_CONCURRENT_GENERATIONS="1000") as brag:
        run(load, brag.port)
        idle_files, idle_mb = brag.open_files(), brag.memory_mb()
        idle = run(load, brag.port)
        with under_attack(brag.port):
            sleep(1)
            beside = run(load, brag.port)
        attacked_mb, _ = brag.peak_mb()
        sleep(FREE_SEC)
        left = brag.open_files() - idle_files
        freed_mb = brag.memory_mb()
    for name, cut in (("median", 49), ("99th percentile", 98)):
        yield Row(
            f"`{load.path}`, 20 callers beside 200 hostile connections (floor: idle): ms, {name}",
            *(quantiles(outcome.answer_ms, n=100)[cut] for outcome in (idle, beside)),
        )
    yield _right("right answers beside 200 hostile connections (floor: all)", beside)
    yield Row("beside 200 hostile connections: peak memory of the server, MB", idle_mb, attacked_mb)
    yield Row("60 s after them: memory of the server, MB", idle_mb, freed_mb)
    yield Row("60 s after them: connections and files that are still open", None, left)


def _right(name: str, outcome: Outcome) -> Row:
    return Row(name, outcome.calls, outcome.correct)


@contextmanager
def under_attack(port: int) -> Iterator[None]:
    """All kinds of attacks, each again and again, while the block runs."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_attack(port, stop)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


async def _attack(port: int, stop: threading.Event) -> None:
    give_way()  # attackers have machines of their own, and take no time of the server's
    attacks = [_again(port, ATTACKS[n % len(ATTACKS)]) for n in range(CONNECTIONS)]
    tasks = [asyncio.create_task(attack) for attack in attacks]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _again(port: int, attack: Attack) -> None:
    while True:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                await attack(reader, writer)
                await reader.read(65536)
            finally:
                writer.transport.abort()
        await asyncio.sleep(0.5)


async def say_nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """A connection on which nothing is ever said."""
    await reader.read()


async def send_endless_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A header that does not end."""
    writer.write(b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nX-Long: ")
    for _number in range(1000):
        writer.write(b"x" * 10_000)
        await writer.drain()


async def send_slow_header(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A header that comes a byte a second."""
    for byte in b"GET /healthcheck HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 600:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(1)


async def send_slow_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body that comes a byte a second."""
    writer.write(_head("/v1/completion", "application/json", 100_000))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(1)


async def read_no_stream(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A stream that is asked for and never read.

    It comes as fast as the mock can write it, which is faster than any model writes: the server's
    share of its work must not depend on the pace of the upstream.
    """
    body = orjson.dumps({"message": question(1), "model": Answer(tokens=4000).model})
    writer.write(_head("/v1/completion-stream", "application/json", len(body)) + body)
    await asyncio.sleep(600)


async def name_odd_charset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A form in an encoding that takes quadratic time to decode."""
    form = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\n'
    form += b"-a" * 450_000 + b"\r\n--b--\r\n"
    kind = "multipart/form-data; charset=punycode; boundary=b"
    writer.write(_head("/v1/documents", kind, len(form)) + form)


async def send_odd_length(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A Content-Length of thousands of digits."""
    head = b"POST /v1/completion HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    writer.write(head + b"0" * 5000 + b"\r\n\r\n")


async def ask_at_length(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A search with a question of 32,000 characters."""
    words = "+".join(f"word{n}" for n in range(3000))
    writer.write(f"GET /v1/search?query={words} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())


async def upload_much(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A text of 24 MB that is refused at its end, so that nothing of it has to be ingested."""
    beginning = b'{"title": "Much", "text": "'
    writer.write(_head("/v1/documents", "application/json", 24 * 2**20) + beginning)
    writer.write(b"x" * (2**20 - len(beginning)))
    for _number in range(23):
        await writer.drain()
        writer.write(b"x" * 2**20)
    await writer.drain()


def _head(path: str, kind: str, length: int) -> bytes:
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}")
    return "\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode()


ATTACKS: Final[tuple[Attack, ...]] = (
    say_nothing,
    send_endless_header,
    send_slow_header,
    send_slow_body,
    read_no_stream,
    name_odd_charset,
    send_odd_length,
    ask_at_length,
    upload_much,
)
