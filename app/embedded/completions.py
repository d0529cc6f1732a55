"""An answer in the forms of the OpenAI API, pure: a completion, or the events of its stream."""

import re
import time
from collections.abc import Iterator
from typing import Any, Final
from uuid import uuid4

import orjson

from app.embedded.constants import LANGUAGE_MODEL, MODEL

# About as long as those of a language model.
TOKEN: Final = re.compile(r"\s*(?:\w{1,4}|[^\w\s])|\s+")


def model_list() -> dict[str, Any]:
    """The answer to GET /v1/models."""
    created = int(time.time())
    models = [
        {"id": name, "object": "model", "created": created, "owned_by": "local"}
        for name in (MODEL, LANGUAGE_MODEL)
    ]
    return {"object": "list", "data": models}


def completion(body: dict[str, Any], answer: str) -> dict[str, Any]:
    """The answer to a request as a whole."""
    tokens, finish_reason = _tokens(body, answer)
    message = {"role": "assistant", "content": "".join(tokens)}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}
    return _envelope("chat.completion") | {
        "choices": [choice],
        "usage": _usage(body, len(tokens)),
    }


def completion_events(body: dict[str, Any], answer: str) -> bytes:
    """The answer as server-sent events, a chunk for each token."""
    tokens, finish_reason = _tokens(body, answer)
    envelope = _envelope("chat.completion.chunk")
    chunks = [envelope | {"choices": [choice]} for choice in _choices(tokens, finish_reason)]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(envelope | {"choices": [], "usage": _usage(body, len(tokens))})
    lines = [*map(orjson.dumps, chunks), b"[DONE]"]
    return b"".join(b"data: " + line + b"\n\n" for line in lines)


def _choices(tokens: list[str], finish_reason: str) -> Iterator[dict[str, Any]]:
    choice = {"index": 0, "logprobs": None, "finish_reason": None}
    yield choice | {"delta": {"role": "assistant", "content": ""}}
    for token in tokens:
        yield choice | {"delta": {"content": token}}
    yield choice | {"delta": {}, "finish_reason": finish_reason}


def _tokens(body: dict[str, Any], answer: str) -> tuple[list[str], str]:
    """The tokens of the answer, as many as were asked for, and why they end."""
    tokens = TOKEN.findall(answer)
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    if isinstance(most, int) and 0 < most < len(tokens):
        return tokens[:most], "length"
    return tokens, "stop"


def _usage(body: dict[str, Any], completion_tokens: int) -> dict[str, int]:
    prompt_tokens = len(TOKEN.findall(orjson.dumps(body["messages"]).decode()))
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }


def _envelope(kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }
