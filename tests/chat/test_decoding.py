"""Completions out of bytes."""

from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.decoding import Completion, CompletionDecoder
from app.chat.events import Delta
from app.chat.exceptions import OpenAIException, OpenAIFailedProcessingException
from app.chat.models import Usage

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
NEWLINES = st.sampled_from([b"\n", b"\r\n", b"\r"])


def chunk(content: str | None, finish_reason: Any = None) -> bytes:
    """One event of the OpenAI API, in lines that end with LF."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish_reason}
    event = {"id": "1", "created": 2, "model": "m", "choices": [choice]}
    return b"data: " + orjson.dumps(event) + b"\n\n"


def whole(*contents: str) -> bytes:
    """A whole stream of deltas with these contents."""
    return b"".join(map(chunk, contents)) + chunk(None, "stop") + b"data: [DONE]\n\n"


def text_of(deltas: list[Delta]) -> str:
    """The deltas put together."""
    return "".join(delta.content for delta in deltas)


class TestFeed:
    """Streamed completions."""

    @given(contents=TEXTS, newline=NEWLINES, cuts=st.sets(st.integers(0, 2000)))
    def test_split_anywhere_loses_nothing(
        self, contents: list[str], newline: bytes, cuts: set[int]
    ) -> None:
        """Wherever the bytes are cut, and whatever ends the lines, the text is the same."""
        data = whole(*contents).replace(b"\n", newline)
        places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
        decoder = CompletionDecoder()
        deltas = []
        for start, end in pairwise(places):
            deltas += decoder.feed(data[start:end])
        assert text_of(deltas) == "".join(contents)
        assert deltas[-1].finish_reason == "stop"
        assert decoder.completion.finish_reason == "stop"
        assert decoder.is_done

    @pytest.mark.parametrize(("name", "value"), [("id", "2"), ("model", "n"), ("created", 3)])
    def test_a_delta_has_the_names_of_its_own_chunk(self, name: str, value: str | int) -> None:
        """An upstream that changes one of them in mid-answer is passed on as it says."""
        event = orjson.loads(chunk("Hello")[6:]) | {name: value}
        data = chunk("Oh") + b"data: " + orjson.dumps(event) + b"\n\n" + chunk("no")
        deltas = CompletionDecoder().feed(data)
        assert [getattr(delta, name) == value for delta in deltas] == [False, True, False]

    def test_cut_at_any_byte_loses_nothing(self) -> None:
        """A cut at any byte, inside a character too, takes nothing away."""
        data = whole("na", "ïve", " 🦆")
        for cut in range(len(data)):
            decoder = CompletionDecoder()
            assert text_of(decoder.feed(data[:cut]) + decoder.feed(data[cut:])) == "naïve 🦆"
            decoder.check_whole()
            assert decoder.completion == Completion("stop", None)

    def test_other_lines_are_passed_over(self) -> None:
        """Lines that are not data are passed over."""
        decoder = CompletionDecoder()
        data = b": keep-alive\n\nevent: x\nid: 7\nretry: 1\n" + whole("Hi")
        assert text_of(decoder.feed(data)) == "Hi"

    def test_nothing_follows_done(self) -> None:
        """What follows `[DONE]` is no part of the completion."""
        decoder = CompletionDecoder()
        assert text_of(decoder.feed(whole("Hi") + chunk("more"))) == "Hi"

    def test_text_before_a_broken_chunk_is_kept(self) -> None:
        """What came before a broken chunk is not lost, even if it came in the same read."""
        decoder = CompletionDecoder()
        assert text_of(decoder.feed(chunk("Hel") + b"data: {oops\n\n" + chunk("lo"))) == "Hel"
        with pytest.raises(OpenAIFailedProcessingException):
            decoder.check_whole()

    def test_silent_chunk_is_no_delta(self) -> None:
        """A chunk with neither text nor a reason to finish is no delta."""
        assert CompletionDecoder().feed(chunk("") + chunk(None)) == []


class TestBody:
    """Completions in one body."""

    def test_body_is_one_delta(self) -> None:
        """A body is one delta, and its usage is that of the completion."""
        decoder = CompletionDecoder()
        usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
        choice = {"message": {"content": "Hi"}, "finish_reason": "length"}
        body = {"id": "1", "created": 2, "model": "m", "choices": [choice], "usage": usage}
        assert decoder.feed(orjson.dumps(body)) == []
        assert decoder.close() == [Delta("1", 2, "m", "Hi", "length")]
        decoder.check_whole()
        assert decoder.completion == Completion("length", Usage(**usage))

    @pytest.mark.parametrize(
        "body", [b"", b"null", b"[]", b"{}", b'{"choices": 1}', b'{"choices": [{"message": 1}]}']
    )
    def test_other_body_is_no_completion(self, body: bytes) -> None:
        """A body that is JSON and no completion, or not even that, cannot be processed."""
        decoder = CompletionDecoder()
        decoder.feed(body)
        decoder.close()
        with pytest.raises(OpenAIFailedProcessingException):
            decoder.check_whole()


class TestEnd:
    """How a completion ended, and whether it is one."""

    def test_no_content_cannot_be_processed(self) -> None:
        """A completion without content cannot be processed, even if it was finished."""
        decoder = CompletionDecoder()
        decoder.feed(whole())
        with pytest.raises(OpenAIFailedProcessingException):
            decoder.check_whole()

    @pytest.mark.parametrize("reason", [1, {"type": "stop"}])
    def test_odd_finish_reason_is_an_end(self, reason: Any) -> None:
        """A reason that is no word says that it is the end, and nothing more."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hello") + chunk(None, reason))
        decoder.check_whole()
        assert decoder.completion.finish_reason == "stop"

    def test_engine_that_gives_up(self) -> None:
        """An answer that the engine broke off is not whole, and its reason is the error's code."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hel") + chunk(None, "abort"))
        assert str(decoder.refusal) == "abort"
        with pytest.raises(OpenAIException):
            decoder.check_whole()

    def test_no_finish_reason_is_a_failed_call(self) -> None:
        """A completion without a finish reason is a call that failed."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hel"))
        assert decoder.completion.finish_reason is None
        with pytest.raises(OpenAIException):
            decoder.check_whole()

    def test_cut_in_the_first_chunk_is_a_failed_call(self) -> None:
        """Half a chunk and nothing else is a call that was broken off, not an empty answer."""
        decoder = CompletionDecoder()
        decoder.feed(chunk("Hello")[:20])
        decoder.close()
        with pytest.raises(OpenAIException):
            decoder.check_whole()
