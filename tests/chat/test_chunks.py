"""The chunks of an answer, however its bytes are wrapped."""

import pytest

from app.chat.chunks import ChunkReader, Json

A, B = {"n": 1}, {"n": 2}


def read(*parts: bytes) -> list[Json]:
    """The chunks of a response that comes in these parts, and has ended."""
    reader = ChunkReader()
    return [chunk for part in parts for chunk in reader.feed(part)] + reader.close()


class TestEventStream:
    """Server-sent events."""

    @pytest.mark.parametrize(
        "stream",
        [
            b'data: {"n": 1}\n\ndata: {"n": 2}\n\n',
            b'\xef\xbb\xbfdata: {"n": 1}\n\ndata: {"n": 2}\n\n',
            b'data: {"n": 1}\r\rdata: {"n": 2}\r\r',
            b'data:{"n": 1}\r\n\r\ndata:{"n": 2}\r\n\r\n',
            b'data: {"n": 1}\ndata: {"n": 2}\n',
            b'data: {"n": 1}\n\ndata: {"n": 2}',
            b'data: {\ndata: "n":\ndata: 1}\n\ndata: {\ndata: "n": 2}',
            b'event: message\ndata: {"n": 1}\n\nid: 4\nevent: chunk\nretry: 9\ndata: {"n": 2}\n\n',
            b': hello\n\ndata:\n\ndata\n\ndata: {"n": 1}\n\nevent: ping\n\ndata: {"n": 2}\n\n',
            b'data: null\n\ndata: {"n": 1}\n\nevent: ping\ndata: now\n\ndata: {"n": 2}\n\n',
            b'data: {"n": 1}\n\ndata: {"n": 2}\n\ndata: [DONE]\n\ndata: {"n": 3}\n\n',
        ],
        ids=[
            *("LF", "byte order mark", "CR", "CRLF", "no blank lines", "no end", "several lines"),
            *("names", "empty events", "other data", "nothing follows the end"),
        ],
    )
    def test_chunks_of_a_stream(self, stream: bytes) -> None:
        """Two chunks are read from a stream, in one part and byte by byte."""
        assert read(stream) == [A, B]
        assert read(*(stream[n : n + 1] for n in range(len(stream)))) == [A, B]

    def test_chunk_is_there_with_its_line(self) -> None:
        """A chunk need not wait for the blank line after it."""
        assert ChunkReader().feed(b'data: {"n": 1}\n') == [A]

    @pytest.mark.parametrize("line", [b"data: {oops", b"data: soon", b"event: x\ndata: {oops"])
    def test_no_json_is_broken(self, line: bytes) -> None:
        """What is no JSON ends the answer."""
        reader = ChunkReader()
        assert reader.feed(b'data: {"n": 1}\n\n' + line + b'\n\ndata: {"n": 2}\n\n') == [A]
        assert reader.is_broken
        assert reader.has_ended

    def test_field_of_errors(self) -> None:
        """A field that is called an error is one, as llama.cpp wrote it until 2025."""
        assert read(b'error: {"n": 1}\n\ndata: [DONE]\n\n') == [{"error": A}]
        assert read(b"error: too hot\n\n") == [{"error": "too hot"}]

    def test_event_of_errors(self) -> None:
        """An event that is called an error is one, in JSON or in words."""
        assert read(b'event: error\ndata: {"n": 1}\n\n') == [{"error": A}]
        assert read(b"event: error\ndata: too hot\n\n") == [{"error": "too hot"}]

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            (b'"\xff"', "\N{REPLACEMENT CHARACTER}"),
            (b'"\\ud83e"', "\ud83e"),
            (b"1e999", float("inf")),
            (b'"a\tb"', "a\tb"),
        ],
    )
    def test_odd_json_is_json(self, text: bytes, value: object) -> None:
        """Bytes that are no UTF-8 are replaced, as WHATWG says; halves of characters are read."""
        assert read(b'data: {"n": %b}\n\n' % text) == [{"n": value}]

    def test_json_without_end_is_broken(self) -> None:
        """JSON that is nested without end is no JSON."""
        reader = ChunkReader()
        reader.feed(b"data: " + b"[" * 100_000 + b"\n\n")
        assert reader.is_broken


class TestJson:
    """Responses that are no event streams."""

    @pytest.mark.parametrize(
        "body",
        [
            b'{"n": 1}\n{"n": 2}\n',
            b'{"n": 1}\n{"n": 2}\n[DONE]\n{"n": 3}',
            b'[{"n": 1}, {"n": 2}]',
            b'\n [\n {"n": 1},\n\n {\n"n": 2}\n]\n',
            b'{\n"n": 1}\ndata: {"n": 2}\n\ndata: [DONE]\n\n',
        ],
        ids=["lines", "lines with an end", "a list", "a list over several lines", "and events"],
    )
    def test_chunks_of_json(self, body: bytes) -> None:
        """Two chunks are read from lines of JSON, or from one list."""
        assert read(body) == [A, B]
        assert read(*(body[n : n + 1] for n in range(len(body)))) == [A, B]

    def test_other_bodies_have_no_chunks(self) -> None:
        """Of HTML, text, bytes and half a JSON nothing is a chunk."""
        for body in (b"<html>\n<p>Hi</p>\n", b"Hi", b"\x1f\x8b\x00\n", b'{\n"n": 1,', b""):
            assert read(body) == []

    def test_events_after_something_else(self) -> None:
        """An event stream is read also where something else stands before it."""
        assert read(b'{"oops\n\ndata: {"n": 1}\n\n') == [A]
