"""How many login links go out."""

import pytest

from app.core.exceptions import RateLimited
from app.rate_limits.mails import MailLimits
from tests.rate_limits.service import Clock

ANN = "ann@example.com"


def is_refused(limits: MailLimits, email: str, address: str) -> bool:
    """Whether no mail may go there from here."""
    try:
        limits.hit(email, address)
    except RateLimited:
        return True
    return False


class TestMailAddress:
    def test_mailbox_is_not_flooded(self) -> None:
        """A mail address gets no more, from wherever and however written; another still does."""
        limits = MailLimits(2, Clock())
        limits.hit(ANN, "192.0.2.1")
        limits.hit("Ann@Example.com", "192.0.2.2")
        assert is_refused(limits, "ANN@example.com", "192.0.2.3")
        assert not is_refused(limits, "bob@example.com", "192.0.2.1")

    def test_wait_is_told_and_right(self) -> None:
        """The wait is until the first mail is an hour old, and no refused try makes it longer."""
        clock = Clock()
        limits = MailLimits(2, clock)
        for minutes in (0, 20):
            clock.seconds = minutes * 60
            limits.hit(ANN, "192.0.2.1")
        for minutes in (30, 59):
            clock.seconds = minutes * 60
            with pytest.raises(RateLimited) as refusal:
                limits.hit(ANN, "192.0.2.1")
            assert refusal.value.retry_after == (60 - minutes) * 60
        clock.seconds = 60 * 60
        limits.hit(ANN, "192.0.2.1")
        assert is_refused(limits, ANN, "192.0.2.1")


class TestClientAddress:
    @pytest.mark.parametrize(
        ("address", "elsewhere"),
        [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8:1::1")],
    )
    def test_client_has_four_times_as_many(self, address: str, elsewhere: str) -> None:
        """A client's network has four times the mails of one mail address, whomever they go to."""
        limits = MailLimits(2, Clock())
        for number in range(8):
            limits.hit(f"reader{number}@example.com", address)
        assert is_refused(limits, ANN, address)
        assert not is_refused(limits, ANN, elsewhere)

    def test_refused_client_takes_nothing_from_a_mailbox(self) -> None:
        """What a client is refused does not count towards the mail address."""
        limits = MailLimits(1, Clock())
        for number in range(4):
            limits.hit(f"reader{number}@example.com", "192.0.2.1")
        assert is_refused(limits, ANN, "192.0.2.1")
        assert not is_refused(limits, ANN, "192.0.2.2")

    def test_refused_mailbox_takes_nothing_from_a_client(self) -> None:
        """What a mail address is refused does not count towards the client."""
        limits = MailLimits(1, Clock())
        for _ in range(10):
            is_refused(limits, ANN, "192.0.2.1")
        for number in range(3):
            limits.hit(f"reader{number}@example.com", "192.0.2.1")

    def test_longer_wait_is_told(self) -> None:
        """Where both limits are reached, the longer wait is told."""
        clock = Clock()
        limits = MailLimits(1, clock)
        for number in range(4):
            limits.hit(f"reader{number}@example.com", "192.0.2.1")
        clock.seconds += 600
        limits.hit(ANN, "192.0.2.2")
        with pytest.raises(RateLimited) as refusal:
            limits.hit(ANN, "192.0.2.1")
        assert refusal.value.retry_after == 3600


def test_zero_is_no_limit() -> None:
    """With LOGIN_MAILS_PER_HOUR=0 no mail is refused."""
    limits = MailLimits(0, Clock())
    assert not any(is_refused(limits, ANN, "192.0.2.1") for _ in range(100))
