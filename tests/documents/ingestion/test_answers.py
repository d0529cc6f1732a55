"""What the parser says: whatever a document makes of it, the service is not harmed."""

import pickle
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import orjson
import pytest

from app.documents.ingestion.answers import read_answer
from app.documents.ingestion.line import LENGTH, Line
from app.loaders.exceptions import UnreadableDocument

Ends = tuple[Line, socket.socket]
HEAD = {"title": "Ducks", "media_type": "text/plain", "fault": None, "passages": 1}
TEXT = "Ducks eat. Ducks swim."
PLACE = [0, 10, ["Ducks"], None, None]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The service's end of a line, and the parser's as it is."""
    own, other = socket.socketpair()
    with own, other:
        yield Line(own), other


def soon() -> float:
    """A deadline that comes at once for what does not come at all."""
    return time.monotonic() + 0.05


def say(other: socket.socket, *messages: object) -> None:
    """Sends messages as the parser does: bytes as they are, all else as JSON."""
    for message in messages:
        data = message if isinstance(message, bytes) else orjson.dumps(message)
        other.sendall(LENGTH.pack(len(data)) + data)


class TestAnswer:
    def test_whole(self, ends: Ends) -> None:
        """Passages are the stretches of the text that the parser tells."""
        line, other = ends
        say(other, HEAD | {"passages": 2}, TEXT.encode(), [PLACE], [[11, 22, [], 3, "| a |"]])
        parsed = read_answer(line, soon())
        assert [passage.text for passage in parsed.passages] == ["Ducks eat.", "Ducks swim."]
        assert [passage.ordinal for passage in parsed.passages] == [0, 1]

    def test_refusal(self, ends: Ends) -> None:
        """A document that cannot be read says why."""
        line, other = ends
        say(other, {"error": "There is no text in this file."})
        with pytest.raises(UnreadableDocument, match="no text"):
            read_answer(line, soon())

    @pytest.mark.parametrize(
        "messages",
        [
            [pickle.dumps(HEAD)],
            [HEAD | {"more": 1}],
            [HEAD | {"media_type": "text/evil"}],
            [HEAD | {"title": "x" * 301}],
            [HEAD | {"title": "\x00"}],
            [HEAD | {"passages": "1"}],
            [{"error": "x" * 3_000}],
            [{"not_installed": "lxml\nWARNING: a line of the log"}],
            [HEAD, b"\xff", [PLACE]],
            [HEAD, b"Ducks\x00 eat.", [PLACE]],
            [HEAD, TEXT.encode(), []],
            [HEAD, TEXT.encode(), [[0, 23, [], None, None]]],
            [HEAD, TEXT.encode(), [[-1, 10, [], None, None]]],
            [HEAD, TEXT.encode(), [[5, 5, [], None, None]]],
            [HEAD, TEXT.encode(), [PLACE, PLACE]],
            [HEAD, TEXT.encode(), [[0, 10, ["x" * 101], None, None]]],
            [HEAD, TEXT.encode(), [[0, 10, ["a"] * 7, None, None]]],
            [HEAD, TEXT.encode(), [[0, 10, [], 0, None]]],
            [HEAD, TEXT.encode(), [[0, 10, [], None, "x" * 1_001]]],
            [HEAD, TEXT.encode(), [[0.0, 10, [], None, None]]],
            [b"x" * (2**20 + 1)],
        ],
    )
    def test_lies(self, ends: Ends, messages: list[object]) -> None:
        """What no document can say is refused, and nothing of it is run."""
        line, other = ends
        other.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**22)
        other.settimeout(0)
        with suppress(BlockingIOError):  # more than fits into the line
            say(other, *messages)
        with pytest.raises(ValueError, match=r".*"):
            read_answer(line, soon())


class TestDeadline:
    def test_half_an_answer(self, ends: Ends) -> None:
        """A parser that stops in the middle of a message is not waited for."""
        line, other = ends
        other.sendall(LENGTH.pack(10) + b"{")
        with pytest.raises(TimeoutError):
            read_answer(line, soon())

    def test_too_few_messages(self, ends: Ends) -> None:
        """Nor is one that says a part of what it promised."""
        line, other = ends
        say(other, HEAD | {"passages": 2}, TEXT.encode(), [PLACE])
        with pytest.raises(TimeoutError):
            read_answer(line, soon())

    def test_never_reads(self, ends: Ends) -> None:
        """Nor is one that does not read what it is sent."""
        line, _ = ends
        with pytest.raises(TimeoutError):
            line.send(bytes(2**24), soon())

    def test_gone(self, ends: Ends) -> None:
        """One that is gone is not waited for at all."""
        line, other = ends
        other.close()
        with pytest.raises(EOFError):
            line.receive(10)
