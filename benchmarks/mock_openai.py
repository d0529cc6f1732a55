"""A mock of the OpenAI API in a process of its own, cheap enough to stay out of the way."""

import argparse
import asyncio
from functools import cache
from typing import Any, cast

import httptools
import orjson
import uvloop

from benchmarks.answers import OPENING, TOKENS, Answer, number_of

JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
)
USAGE = {"prompt_tokens": 20, "completion_tokens": 50, "total_tokens": 70}


class Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._body = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to write to."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, _: Exception | None) -> None:
        """Whatever was still to be sent is not."""
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Feeds the parser."""
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body

    def on_message_complete(self) -> None:
        """Called by the parser when the request is there."""
        body, self._body = self._body, b""
        if self._parser.get_method() == b"GET":
            self._transport.write(JSON_HEAD % 2 + b"{}")
        else:
            self._answer(orjson.loads(body))

    def _answer(self, request: dict[str, Any]) -> None:
        answer = Answer.of(request["model"])
        number = number_of(request["messages"][-1]["content"])
        if request.get("stream"):
            self._stream(answer, _events(answer, number))
        else:
            self._transport.write(_completion(answer, number))

    def _stream(self, answer: Answer, events: list[bytes]) -> None:
        self._transport.write(STREAM_HEAD + events[0])
        if answer.tokens_per_second:
            self._wait(events, 1, self._loop.time(), 1 / answer.tokens_per_second)
        else:
            self._transport.write(b"".join(events[1:]))

    def _wait(self, events: list[bytes], index: int, start: float, pace: float) -> None:
        due = start + index * pace
        self._timer = self._loop.call_at(due, self._write, events, index, start, pace)

    def _write(self, events: list[bytes], index: int, start: float, pace: float) -> None:
        self._transport.write(events[index])
        if index + 1 < len(events):
            self._wait(events, index + 1, start, pace)


def _completion(answer: Answer, number: int) -> bytes:
    message = {"role": "assistant", "content": "".join(answer.pieces(number)), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    envelope = _envelope(answer, "chat.completion", [choice])
    body = orjson.dumps({**envelope, "usage": USAGE})
    return JSON_HEAD % len(body) + body


def _events(answer: Answer, number: int) -> list[bytes]:
    """The role chunk; a chunk for each token; the end, in one."""
    start, tokens, end = _events_of(answer)
    opening, own, *rest = answer.pieces(number)
    second = _chunk(answer, {"content": own})
    return [start, tokens[opening], second, *map(tokens.__getitem__, rest), end]


@cache
def _events_of(answer: Answer) -> tuple[bytes, dict[str, bytes], bytes]:
    """What is the same for every question, so that the start of many streams costs little."""
    start = _chunk(answer, {"role": "assistant", "content": "", "refusal": None})
    tokens = {piece: _chunk(answer, {"content": piece}) for piece in (OPENING, *TOKENS)}
    return start, tokens, _end(answer)


def _end(answer: Answer) -> bytes:
    usage = {**_envelope(answer, "chat.completion.chunk", []), "usage": USAGE}
    finish = _chunk(answer, {}, "stop") + _framed(b"data: " + orjson.dumps(usage))
    return finish + _framed(b"data: [DONE]") + b"0\r\n\r\n"


def _chunk(answer: Answer, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    chunk = {**_envelope(answer, "chat.completion.chunk", [choice]), "usage": None}
    return _framed(b"data: " + orjson.dumps(chunk))


def _framed(event: bytes) -> bytes:
    return b"%x\r\n%b\n\n\r\n" % (len(event) + 2, event)


def _envelope(answer: Answer, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-BkXyQ3mock",
        "object": kind,
        "created": 1_700_000_000,
        "model": answer.model,
        "service_tier": "default",
        "system_fingerprint": "fp_mock",
        "choices": choices,
    }


async def serve(port: int) -> None:
    """Serves on loopback until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    uvloop.run(serve(parser.parse_args().port))
