"""How long a client may take."""

import pytest

from app.core.serving.bounds import Bounds, Sending, Taking

LOOKS = range(10, 200, 10)
KIB = 1024


def ended_at(received: int, *, is_held: bool = False) -> int | None:
    """When a client is ended that sends so many bytes of a body between two looks."""
    sending = Sending(Bounds(), 0)
    sending.begin_body()
    for now in LOOKS:
        sending.received += received
        if sending.is_late(now, is_held=is_held):
            return now
    return None


class TestHead:
    def test_head_has_ten_seconds(self) -> None:
        """A head that is not there after ten seconds is late; one that has come is not."""
        sending = Sending(Bounds(), 5)
        assert not sending.is_late(14.9, is_held=False)
        assert sending.next_look(14.9) == 15
        assert sending.is_late(15, is_held=False)
        sending.begin_body()
        assert not sending.is_late(15, is_held=False)


class TestBody:
    @pytest.mark.parametrize(
        ("bytes_in_ten_seconds", "end"), [(0, 30), (9_000, 30), (10_000, None), (10**6, None)]
    )
    def test_body_has_a_pace(self, bytes_in_ten_seconds: int, end: int | None) -> None:
        """A body that comes at less than 1 KB/s is ended within half a minute."""
        assert ended_at(bytes_in_ten_seconds) == end

    def test_short_pause_does_no_harm(self) -> None:
        """A client whose line fails for ten seconds goes on."""
        sending = Sending(Bounds(), 0)
        sending.begin_body()
        for now in LOOKS:
            sending.received += 0 if now % 20 else 24 * KIB
            assert not sending.is_late(now, is_held=False)

    def test_our_own_pauses_do_not_count(self) -> None:
        """A client that we do not read from, or did not in a part of the time, is not late."""
        assert ended_at(0, is_held=True) is None
        sending = Sending(Bounds(), 0)
        sending.begin_body()
        for now in LOOKS:
            sending.was_held = True
            assert not sending.is_late(now, is_held=False)

    def test_client_owes_nothing_after_its_request(self) -> None:
        """A client that waits for its answer is not late."""
        sending = Sending(Bounds(), 0)
        sending.begin_body()
        sending.in_body = False
        assert not any(sending.is_late(now, is_held=False) for now in LOOKS)


class TestReader:
    def test_reader_may_take_nothing_for_a_minute(self) -> None:
        """A reader is stuck when a minute has passed in which it has taken nothing."""
        taking = Taking(Bounds(), 0)
        stuck = [taking.is_stuck(now, 500 * KIB) for now in LOOKS[:7]]
        assert stuck == [False] * 6 + [True]

    def test_slow_reader_goes_on(self) -> None:
        """A reader that takes a little, or has nothing to take, is not stuck."""
        taking = Taking(Bounds(), 0)
        assert not any(taking.is_stuck(now, 500 * KIB - now) for now in LOOKS)
        assert not any(taking.is_stuck(now, 0) for now in LOOKS)
