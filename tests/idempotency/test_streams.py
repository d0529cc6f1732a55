"""The event that ends a stream, cut at every byte."""

import pytest

from app.idempotency.streams import LastEvent, is_done
from tests.idempotency.service import DONE, ERROR, PIECE, START

PING = b": ping\n\n"
STREAM = START + PIECE + PING + PIECE


def fed(*chunks: bytes) -> list[bytes | None]:
    """What is found in each chunk of a stream."""
    last_event = LastEvent()
    return [last_event.feed(chunk) for chunk in chunks]


class TestLastEvent:
    @pytest.mark.parametrize("end", [DONE, ERROR])
    def test_cut_once(self, end: bytes) -> None:
        """The end is found in the chunk that makes it whole, wherever the stream is cut."""
        stream = STREAM + end
        for at in range(1, len(stream)):
            assert fed(stream[:at], stream[at:]) == [None, end]

    def test_byte_by_byte(self) -> None:
        """The end is found with its last byte, and not before, where each byte is a chunk."""
        stream = STREAM + DONE
        found = fed(*(stream[at : at + 1] for at in range(len(stream))))
        assert found == [None] * (len(stream) - 1) + [DONE]

    def test_alone(self) -> None:
        """The end is found also where it is all that there is."""
        assert fed(DONE) == [DONE]
        assert fed(b"event: done\ndata: {}\n\n") == [b"event: done\ndata: {}\n\n"]

    def test_other_events(self) -> None:
        """No other event is an end, whatever its text says, nor is one that is cut."""
        assert fed(START, PIECE, PING, b"", b"data: [DONE]\n\n") == [None] * 5
        assert fed(STREAM + DONE[:-1]) == [None]

    def test_done(self) -> None:
        """`done` says that the answer is committed, `error` does not."""
        assert is_done(DONE)
        assert not is_done(ERROR)
