"""The load generator: reads a Load on stdin, writes its Outcome to stdout.

Bodies are only collected while the load runs and checked afterwards, so that the generator takes
little of the machine that it shares with what it measures.
"""

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from random import randrange
from time import perf_counter
from typing import Any, NamedTuple, cast

import httptools
import orjson
import uvloop

from benchmarks.answers import OPENING, Answer, question
from benchmarks.load import HEALTH_PATH, UPSTREAM_PATH, Load, Outcome

ENDS = (b"event: done\n", b"data: [DONE]\n")


class Response(NamedTuple):
    """One response, unread."""

    status: int
    body: bytes
    first_token_sec: float
    answer_sec: float


class Connection(asyncio.Protocol):
    """One keep-alive connection to the server under load."""

    def __init__(self) -> None:
        self._opening = OPENING.strip().encode()
        self._body: list[bytes] = []
        self._sent_at = self._opened_at = 0.0
        self._done: asyncio.Future[Response] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The other side has closed it."""
        if self._sent_at and not self._done.done():
            self._done.set_exception(error or ConnectionResetError())

    def data_received(self, data: bytes) -> None:
        """Feeds the parser."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body.append(body)
        if not self._opened_at and self._opening in body:
            self._opened_at = perf_counter()

    def on_message_complete(self) -> None:
        """Called by the parser when the response is there."""
        opened_sec, answered_sec = self._opened_at - self._sent_at, perf_counter() - self._sent_at
        status, body = self._parser.get_status_code(), b"".join(self._body)
        self._done.set_result(Response(status, body, opened_sec, answered_sec))

    async def ask(self, path: str, body: bytes, authorization: str) -> Response:
        """Sends one request and waits for the whole response; without a body it is a GET."""
        if self._transport.is_closing():
            raise ConnectionResetError
        self._parser = httptools.HttpResponseParser(self)
        self._body, self._opened_at = [], 0.0
        self._done = asyncio.get_running_loop().create_future()
        method = "POST" if body else "GET"
        head = f"{method} {path} HTTP/1.1\r\nhost: benchmark\r\ncontent-type: application/json\r\n"
        if authorization:
            head += f"authorization: {authorization}\r\n"
        self._sent_at = perf_counter()
        self._transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        return await self._done


async def generate(load: Load, port: int) -> Outcome:
    """Connects all callers first, then lets them loose together."""
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(Connection, "127.0.0.1", port))[1]
        for _ in range(load.callers)
    ]
    # No question is asked twice, in another run neither: whatever is cached, these are not.
    first = randrange(10**9)
    start = perf_counter()
    callers = (
        _ask(load, each, count(first + index, load.callers))
        for index, each in enumerate(connections)
    )
    calls = [call for several in await asyncio.gather(*callers) for call in several]
    seconds = perf_counter() - start
    correct = [response for number, response in calls if _is_correct(response, load, number)]
    first_tokens = [answer.first_token_sec * 1000 for answer in correct]
    answers = [answer.answer_sec * 1000 for answer in correct]
    return Outcome(seconds, len(calls), len(correct), first_tokens, answers)


async def _ask(
    load: Load, connection: Connection, numbers: Iterator[int]
) -> list[tuple[int, Response]]:
    """The calls of one caller, one after the other; a lost connection ends them."""
    calls: list[tuple[int, Response]] = []
    deadline = perf_counter() + load.seconds
    while len(calls) < load.calls_each and perf_counter() < deadline:
        number = next(numbers)
        try:
            calls.append(
                (
                    number,
                    await connection.ask(load.path, _request(load, number), load.authorization),
                )
            )
        except OSError:
            return [*calls, (number, Response(0, b"", 0, 0))]
        if load.pause_sec:
            await asyncio.sleep(load.pause_sec)
    return calls


def _request(load: Load, number: int) -> bytes:
    if load.path == HEALTH_PATH:
        return b""
    model, text = load.answer.model, question(number)
    if load.path != UPSTREAM_PATH:
        chat = {} if load.chat_uuid is None else {"chat_uuid": load.chat_uuid}
        return orjson.dumps({"message": text, "model": model} | chat)
    messages = [{"role": "user", "content": text}]
    return orjson.dumps({"model": model, "messages": messages, "stream": load.stream})


def _is_correct(response: Response, load: Load, number: int) -> bool:
    """Whether the texts, put together, are exactly what the mock has sent."""
    if response.status != 200 or load.path == HEALTH_PATH:
        return response.status == 200
    expected = "".join(load.answer.pieces(number))
    if response.body.startswith(b"{"):
        answer = orjson.loads(response.body)
        message = answer["choices"][0]["message"] if "choices" in answer else answer
        return bool(message.get("message", message.get("content")) == expected)
    events = _events(response.body)
    text = "".join(map(_content, events))
    stored = (event.get("message", expected) for event in events)  # what bRAG says it has stored
    ended = any(end in response.body for end in ENDS)
    return ended and text == expected and all(content == expected for content in stored)


def _events(body: bytes) -> list[dict[str, Any]]:
    lines = body.split(b"\n")
    return [orjson.loads(line[6:]) for line in lines if line.startswith(b"data: {")]


def _content(event: dict[str, Any]) -> str:
    """The piece of text in an event of the upstream's, the floor's or bRAG's."""
    choices = event.get("choices")
    piece = choices[0]["delta"] if choices else event
    return piece.get("content") or ""


if __name__ == "__main__":
    given = orjson.loads(sys.stdin.buffer.read())
    job = Load(**{**given, "answer": Answer(**given["answer"])})
    outcome = uvloop.run(generate(job, int(sys.argv[1])))
    sys.stdout.buffer.write(orjson.dumps(asdict(outcome)))
