"""The parser process: bytes to passages, for one document after the other.

A hostile document may take it over. So it starts with nothing that is secret, gives up every right
that it does not need, and says what it found in JSON and bytes: see decision 49.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import orjson
from tokenizers import Tokenizer

from app.core.priorities import give_way
from app.documents.constants import TOO_MUCH
from app.documents.ingestion.chunking import Passage, split
from app.documents.ingestion.confinement import allow, confine
from app.documents.ingestion.line import Line
from app.loaders import load, load_text
from app.loaders.exceptions import UnreadableDocument

MAX_MESSAGE_BYTES: Final = 2**31
SENT_AT_ONCE: Final = 64  # passages
MAX_REASON_CHARS: Final = 500


@dataclass(frozen=True)
class Request:
    """What is asked about the bytes that follow, and what reading them may take.

    `name` may tell of what type they are; `declared_type` is what they were labelled as, None for a
    text, which is taken as it is. `title` is what their owner calls them, `default_title` what they
    are called where they have no title of their own.
    """

    name: str | None
    declared_type: str | None
    title: str | None
    default_title: str
    memory_bytes: int
    cpu_sec: float


def serve(line: Line) -> None:
    """Answers until the service is gone."""
    with suppress(EOFError, OSError):
        tokenizer = Tokenizer.from_str(line.receive(MAX_MESSAGE_BYTES).decode())
        while True:
            request = Request(**orjson.loads(line.receive(MAX_MESSAGE_BYTES)))
            allow(request.memory_bytes, request.cpu_sec)
            for message in _answer(request, line.receive(MAX_MESSAGE_BYTES), tokenizer):
                line.send(message)


def _answer(request: Request, content: bytes, tokenizer: Tokenizer) -> Iterator[bytes]:
    """What the document is, its text, and its passages, a few at a time; or why there are none."""
    try:
        yield from _read(request, content, tokenizer)
    except UnreadableDocument as error:
        yield orjson.dumps({"error": str(error)})
    except MemoryError:
        yield orjson.dumps({"error": TOO_MUCH})
    except ImportError as error:
        yield orjson.dumps({"not_installed": ascii(str(error))[:MAX_REASON_CHARS]})


def _read(request: Request, content: bytes, tokenizer: Tokenizer) -> Iterator[bytes]:
    if request.declared_type is None:
        loaded = load_text(content)
    else:
        loaded = load(content, name=request.name, media_type=request.declared_type)
    title = request.title or loaded.title or request.default_title
    passages = split(loaded.text, tokenizer, title=title, page_starts=loaded.page_starts)
    text = loaded.text.encode()
    yield orjson.dumps(
        {
            "title": title,
            "media_type": loaded.media_type,
            "fault": loaded.fault,
            "passages": len(passages),
        }
    )
    yield text
    for start in range(0, len(passages), SENT_AT_ONCE):
        yield orjson.dumps(list(map(_place, passages[start : start + SENT_AT_ONCE])))


def _place(passage: Passage) -> tuple[object, ...]:
    """A passage without its text, which is that of the document from `start` to `end`."""
    return passage.start, passage.end, passage.headings, passage.page, passage.table_header


def main() -> None:
    """Serves on the connection that is the standard input."""
    give_way()
    confine()
    serve(Line(socket.socket(fileno=0)))


if __name__ == "__main__":
    main()
