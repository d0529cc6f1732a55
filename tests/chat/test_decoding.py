"""Completions out of bytes."""

from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.decoding import CompletionDecoder
from app.chat.events import Piece
from app.chat.exceptions import OpenAIException, OpenAIFailedProcessingException

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
NEWLINES = st.sampled_from([b"\n", b"\r\n", b"\r"])


def chunk(content: str | None, finish_reason: str | None = None) -> bytes:
    """One event of the OpenAI API, in lines that end with LF."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    event = {"id": "1", "created": 2, "model": "m", "choices": [choice]}
    return b"data: " + orjson.dumps(event) + b"\n\n"


def whole(*contents: str) -> bytes:
    """A whole stream of these pieces."""
    return b"".join(map(chunk, contents)) + chunk(None, "stop") + b"data: [DONE]\n\n"


def text_of(pieces: list[Piece]) -> str:
    """The pieces put together."""
    return "".join(piece.content for piece in pieces)


class TestFeed:
    """Streamed completions."""

    @given(contents=TEXTS, newline=NEWLINES, cuts=st.sets(st.integers(0, 2000)))
    def test_split_anywhere(self, contents: list[str], newline: bytes, cuts: set[int]) -> None:
        """Wherever the bytes are cut, and whatever ends the lines, the text is the same."""
        data = whole(*contents).replace(b"\n", newline)
        places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
        decoder = CompletionDecoder()
        pieces = []
        for start, end in pairwise(places):
            pieces += decoder.feed(data[start:end])
        assert text_of(pieces) == "".join(contents)
        assert decoder.finish_reason == "stop"

    def test_every_single_cut(self) -> None:
        """So it is at each byte, inside a character too."""
        data = whole("na", "ïve", " 🦆")
        for cut in range(len(data)):
            decoder = CompletionDecoder()
            assert text_of(decoder.feed(data[:cut]) + decoder.feed(data[cut:])) == "naïve 🦆"
            decoder.check_whole()

    def test_comments_and_fields(self) -> None:
        """What is not data is no concern of ours."""
        decoder = CompletionDecoder()
        data = b": keep-alive\n\nevent: x\nid: 7\nretry: 1\n" + whole("Hi")
        assert text_of(decoder.feed(data)) == "Hi"

    def test_after_done(self) -> None:
        """What follows `[DONE]` is no part of the completion."""
        decoder = CompletionDecoder()
        assert text_of(decoder.feed(whole("Hi") + chunk("more"))) == "Hi"

    def test_before_a_bad_chunk(self) -> None:
        """What came before a bad chunk is not lost, even if it came in the same read."""
        decoder = CompletionDecoder()
        assert text_of(decoder.feed(chunk("Hel") + b"data: {oops\n\n" + chunk("lo"))) == "Hel"
        with pytest.raises(OpenAIFailedProcessingException):
            decoder.check_whole()

    def test_silent_chunks(self) -> None:
        """A chunk with neither text nor a reason to finish is no piece."""
        assert CompletionDecoder().feed(chunk("") + chunk(None)) == []


class TestDecodeJson:
    """Completions in one body."""

    def test_piece(self) -> None:
        """It is one piece, with the finish reason and the usage beside it."""
        decoder = CompletionDecoder()
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        choice = {"message": {"content": "Hi"}, "finish_reason": "length"}
        body = {"id": "1", "created": 2, "model": "m", "choices": [choice], "usage": usage}
        assert decoder.decode_json(orjson.dumps(body)) == [Piece("1", 2, "m", "Hi", "length")]
        assert decoder.usage is not None
        assert decoder.usage.model_dump() == usage
        decoder.check_whole()

    @pytest.mark.parametrize(
        "body", [b"", b"null", b"[]", b"{}", b'{"choices": 1}', b'{"choices": [{"message": 1}]}']
    )
    def test_no_completion(self, body: bytes) -> None:
        """What is JSON and no completion, or not even that, cannot be processed."""
        with pytest.raises(OpenAIFailedProcessingException):
            CompletionDecoder().decode_json(body)


class TestCheckWhole:
    """Whether a completion is one."""

    def test_empty(self) -> None:
        """Without content it cannot be processed, even if it was finished."""
        decoder = CompletionDecoder()
        decoder.feed(whole())
        with pytest.raises(OpenAIFailedProcessingException):
            decoder.check_whole()

    def test_unfinished(self) -> None:
        """Without a finish reason the call failed."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hel"))
        with pytest.raises(OpenAIException):
            decoder.check_whole()

    def test_cut_in_the_first_chunk(self) -> None:
        """Half a chunk and nothing else is a call that was broken off, not an empty answer."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hello")[:20])
        with pytest.raises(OpenAIException):
            decoder.check_whole()
