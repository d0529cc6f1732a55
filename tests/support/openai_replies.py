"""What the model behind the wire may answer, down to the bytes and the moments between them.

Each builder makes one `Reply` for `FakeOpenAI.reply`; it is given the request when that arrives.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any, Final, Literal

import orjson

Json = dict[str, Any]


class _Cut(Enum):
    CUT = "the server closes the connection here"


CUT: Final = _Cut.CUT
LAST_CHUNK: Final = b"0\r\n\r\n"
Step = bytes | asyncio.Event | Literal[_Cut.CUT]
Delta = str | Json | Step


@dataclass(frozen=True)
class Request:
    """A call that arrived; `disconnected` is set once its connection is gone."""

    path: str
    headers: dict[str, str]
    body: Json
    disconnected: asyncio.Event

    @property
    def question(self) -> str:
        """The newest message of the prompt."""
        return str(self.body["messages"][-1]["content"])

    @property
    def wants_usage(self) -> bool:
        """Whether the caller asked for a last chunk that holds the usage."""
        return bool((self.body.get("stream_options") or {}).get("include_usage"))


Reply = Callable[[Request], Iterator[Step]]


def body(content: bytes, status: int = 200, **headers: str) -> Reply:
    """Any response at all; `retry_after="3"` becomes the header `retry-after: 3`."""
    length = str(len(content))
    head = _head(status, content_type="application/json", content_length=length, **headers)
    return lambda _: iter((head + content,))


def error(status: int, code: str | None = None, retry_after: float | None = None) -> Reply:
    """A refusal with OpenAI's error body."""
    detail = {"message": "Refused by the fake.", "type": "error", "param": None, "code": code}
    headers = {} if retry_after is None else {"retry_after": str(retry_after)}
    return body(orjson.dumps({"error": detail}), status, **headers)


def after(released: asyncio.Event, reply: Reply) -> Reply:
    """The reply, but not even its headers before `released` is set, which may be never."""

    def steps(request: Request) -> Iterator[Step]:
        yield released
        yield from reply(request)

    return steps


def text(*deltas: str) -> Reply:
    """A whole answer: a stream of these deltas if the request asks for one, else JSON."""
    streamed, whole = stream(*deltas), completion("".join(deltas))
    return lambda request: (streamed if request.body.get("stream") else whole)(request)


def echo(request: Request) -> Iterator[Step]:
    """The default reply: `Echo: ` and the newest message, word by word."""
    return text("Echo:", *(f" {word}" for word in request.question.split()))(request)


def completion(content: str | None, finish_reason: str | None = "stop") -> Reply:
    """A `chat.completion` with this content, which may be empty or null."""
    message = {"role": "assistant", "content": content, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}

    def steps(request: Request) -> Iterator[Step]:
        answer = _envelope(request, "chat.completion", [choice])
        answer["usage"] = _usage(request, len((content or "").split()))
        return body(orjson.dumps(answer))(request)

    return steps


def stream(
    *deltas: Delta,
    finish_reason: str | None = "stop",
    done: bool = True,
    newline: bytes = b"\n",
    split: int | None = None,
) -> Reply:
    """An event stream whose headers and role chunk are sent at once.

    A str is content, a dict the JSON of a whole event; bytes go out raw, an event is waited for,
    CUT breaks the connection. `split=1` puts every byte into a write of its own.
    """

    def steps(request: Request) -> Iterator[Step]:
        yield _head(200, content_type="text/event-stream", transfer_encoding="chunked")
        for event in _events(request, deltas, finish_reason, done=done):
            if isinstance(event, bytes):
                yield from _chunked(event.replace(b"\n", newline), split)
            else:
                yield event
        yield LAST_CHUNK

    return steps


def raw_stream(content: bytes, split: int, end: Step = LAST_CHUNK, **headers: str) -> Reply:
    """These bytes as a chunked body, in writes of `split`; then `end`.

    It has the headers that are given, and no others: not even a content type.
    """

    def steps(_: Request) -> Iterator[Step]:
        yield _head(200, transfer_encoding="chunked", **headers)
        yield from _chunked(content, split) if content else ()
        yield end

    return steps


def _events(
    request: Request, deltas: tuple[Delta, ...], finish_reason: str | None, *, done: bool
) -> Iterator[Step]:
    yield _delta(request, {"role": "assistant", "content": "", "refusal": None})
    for delta in deltas:
        if isinstance(delta, str):
            yield _delta(request, {"content": delta})
        else:
            yield _data(delta) if isinstance(delta, dict) else delta
    if finish_reason:
        yield _delta(request, {}, finish_reason)
    if request.wants_usage:
        usage = _usage(request, sum(isinstance(delta, str) for delta in deltas))
        yield _data({**_envelope(request, "chat.completion.chunk", []), "usage": usage})
    if done:
        yield b"data: [DONE]\n\n"


def _delta(request: Request, delta: Json, finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    usage = {"usage": None} if request.wants_usage else {}
    return _data({**_envelope(request, "chat.completion.chunk", [choice]), **usage})


def _data(event: Json) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"


def _envelope(request: Request, kind: str, choices: list[Json]) -> Json:
    return {
        "id": "chatcmpl-fake",
        "object": kind,
        "created": 1_700_000_000,
        "model": request.body["model"],
        "system_fingerprint": "fp_fake",
        "choices": choices,
    }


def _usage(request: Request, completion_tokens: int) -> Json:
    prompt = sum(len(str(message["content"]).split()) for message in request.body["messages"])
    total = prompt + completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion_tokens, "total_tokens": total}


def _chunked(content: bytes, split: int | None) -> Iterator[bytes]:
    size = split or len(content)
    for start in range(0, len(content), size):
        part = content[start : start + size]
        yield b"%x\r\n%b\r\n" % (len(part), part)


def _head(status: int, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "x-request-id: req_fake", "", ""]).encode()
