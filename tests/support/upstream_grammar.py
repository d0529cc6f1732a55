"""A grammar of what upstreams send: streams that are whole, odd, broken, or end with an error.

Beside the bytes of a stream stands what must come of it, wherever it is cut.
"""

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

Json = dict[str, Any]

WORDS: Final = (
    *("Hello", " world", "naïve", "🦆", " \u2028", '"quoted"', "back\\slash", "\n", "\t"),
    *("</think>", "data: x", "\n\nevent: error", "[DONE]", "\x00", "{", "<thin"),
    *("\ud83e", "\udd86", "漢字"),
)
THOUGHTS: Final = ("<think>", "\n<think>\nHm, 7.\n</think>\n\n", "<think></think>", "<think>a<b</")
NOISE: Final = (
    *(": keep-alive\n\n", ":\n\n", "\n", "data:\n\n", "data: \n\n", "data\n\n", "id: 7\n"),
    *("retry: 9\n", "unknown: field\n\n", 'event: ping\ndata: {"type": "ping"}\n\n'),
    *("event: ping\ndata: now\n\n", 'data: {"type": "ping"}\n\n', "data: null\n\n"),
    *('data: "keep-alive"\n\n', "event: ping\n\n"),
)
METADATA: Final[tuple[Json, ...]] = (
    *({"id": "1"}, {"choices": None}, {"choices": []}, {"choices": [None]}, {"error": None}),
    *({"choices": [{}]}, {"choices": [{"delta": None}]}, {"choices": [{"delta": {}, "x": 1}]}),
    {"choices": [{"delta": {"role": "assistant", "content": "", "refusal": None}}]},
    {"choices": [{"delta": {"reasoning_content": "Hm.", "content": None}}]},
    {"choices": [{"delta": {"content": [{"type": "thinking", "thinking": "Hm."}]}}]},
    {"choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
    {"choices": [{"content_filter_results": {}, "finish_reason": None}]},
    {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
)
BROKEN: Final = ("data: {oops\n\n", "data: soon\n\n", 'data: {"choices": [\n\n', "data: {}}\n\n")
ODD_CHUNKS: Final[tuple[Json, ...]] = (
    *({"choices": [5]}, {"choices": [{"delta": {"content": 7}}]}, {"choices": {"delta": {}}}),
)
ERRORS: Final = (
    'data: {"error": {"message": "no", "code": "gone"}}\n\n',
    'event: error\ndata: {"message": "no"}\n\n',
    "event: error\ndata: overheated\n\n",
    'error: {"message": "no", "code": 500}\n\n',
    'data: {"object": "error", "message": "no", "code": 500}\n\n',
    '{"error": "no"}\n',
    'data: {"choices": [{"delta": {}, "finish_reason": "error"}]}\n\n',
)
FINISHED: Final = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


@dataclass
class FuzzedStream:
    """The bytes of a stream, and what must come of them."""

    data: bytes = b""
    code: str | None = None  # of the error with which it ends, whole as it is
    pieces: list[tuple[int, str]] = field(default_factory=list)  # content, and where it is complete

    def text(self, size: int | None = None) -> str:
        """The answer of the first `size` bytes."""
        size = len(self.data) if size is None else size
        content = "".join(piece for end, piece in self.pieces if end <= size)
        return _answer(_joined(content).replace("\x00", "\N{REPLACEMENT CHARACTER}"))


def random_stream(random: Random) -> FuzzedStream:
    """A stream of the grammar."""
    writer = _Writer(random)
    for piece in _pieces(random):
        writer.noise()
        writer.piece(piece)
    writer.noise()
    writer.end()
    return writer.stream


class _Writer:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._newline = random.choice(("\n", "\n", "\r\n", "\r"))
        self.stream = FuzzedStream(random.choice((b"", b"", b"\xef\xbb\xbf")))

    def piece(self, content: str) -> None:
        """A chunk with this content, in one of the forms that services send."""
        form = self._random.choice((content, content, [{"type": "text", "text": content}]))
        part: Json = {"content": form}
        if self._random.random() < 0.1:
            part = {"content": None, "refusal": content}
        end = self._chunk({"id": "1", "choices": [{"delta": part, "finish_reason": None}]})
        self.stream.pieces.append((end, content))

    def noise(self) -> None:
        """What is no part of the answer."""
        for _ in range(self._random.choice((0, 0, 1, 2))):
            if self._random.random() < 0.5:
                self._write(self._random.choice(NOISE))
            else:
                self._chunk(self._random.choice(METADATA))

    def end(self) -> None:
        """How it ends: whole, without an end, broken, or with an error."""
        way = self._random.choice(("whole", "whole", "whole", "open", "broken", "odd", "error"))
        if way == "whole":
            self._chunk(FINISHED)
            self.noise()
            self._write(self._random.choice(("", "data: [DONE]\n\n", "data: [DONE]")))
        elif way == "broken":
            self._write(self._random.choice(BROKEN))
        elif way == "odd":
            self._chunk(self._random.choice(ODD_CHUNKS))
        elif way == "error":
            self._write(self._random.choice(ERRORS))
        self.stream.code = self._code(way)
        if way not in {"whole", "open"}:
            self._write('data: {"choices": [{"delta": {"content": "too late"}}]}\n\n')

    def _code(self, way: str) -> str | None:
        has_text = self.stream.text() != ""
        if way in {"broken", "odd"} or (way in {"whole", "open"} and not has_text):
            return "failed_processing"
        return None if way == "whole" else "openai_error"

    def _chunk(self, chunk: Json) -> int:
        """Writes a chunk as an event; gives the place where its JSON is complete."""
        is_spread = self._random.random() < 0.1
        is_escaped = self._random.random() < 0.5 or _has_halves(chunk)
        text = json.dumps(chunk, ensure_ascii=is_escaped, indent=1 if is_spread else None)
        name = self._random.choice(("", "", "", "event: message\n", "event: chunk\n"))
        colon = self._random.choice(("data: ", "data: ", "data:"))
        self._write(name + "\n".join(colon + line for line in text.split("\n")))
        end = len(self.stream.data)
        self._write("\n\n")
        return end

    def _write(self, text: str) -> None:
        self.stream.data += text.replace("\n", self._newline).encode()


def _pieces(random: Random) -> list[str]:
    """The content of an answer, thoughts before it, cut anywhere."""
    content = "".join(random.choices(WORDS, k=random.randrange(9)))
    if random.random() < 0.3:
        content = random.choice(THOUGHTS) + content
    cuts = sorted(random.randrange(len(content) + 1) for _ in range(random.randrange(6)))
    return [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True) if a < b]


def _has_halves(chunk: Json) -> bool:
    """Whether it holds half a surrogate pair, which only an escape can."""
    text = json.dumps(chunk, ensure_ascii=False)
    return text.encode(errors="ignore").decode() != text


def _joined(content: str) -> str:
    """The content with surrogate pairs joined; the first half of one at its end is left out."""
    content = content[:-1] if "\ud800" <= content[-1:] <= "\udbff" else content
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _answer(content: str) -> str:
    """The content without the thoughts at its beginning."""
    beginning = content.lstrip()
    if not beginning.startswith("<think>"):
        return content
    return beginning.partition("</think>")[2].lstrip()
