"""What becomes of a mail that the server does not take, or cannot be asked to."""

import logging

import pytest

from app.core.exceptions import BragError, log_error
from app.emails.exceptions import EmailRefused, MailUnavailable
from app.emails.models import Email
from tests.emails.test_sender import EMAIL, sender_to
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import Stopwatch


async def failure(server: SmtpServer, email: Email = EMAIL) -> Exception:
    """What sending a mail there raises."""
    with pytest.raises((BragError, EmailRefused)) as raised:
        await sender_to(server).send(email)
    return raised.value


class TestFaults:
    async def test_451_is_unavailable(self, smtp: SmtpServer) -> None:
        """A server that is busy may take the mail later."""
        smtp.answer = "451 4.7.1 Greylisted"
        assert isinstance(await failure(smtp), MailUnavailable)

    async def test_550_is_refused(self, smtp: SmtpServer) -> None:
        """A server that knows no such mailbox never takes it; its code is all that is said."""
        smtp.answer = "550 5.1.1 No such user"
        refused = await failure(smtp)
        assert isinstance(refused, EmailRefused)
        assert (refused.code, str(refused)) == (550, "The SMTP server refused the mail: 550.")

    async def test_later_mail_arrives(self, smtp: SmtpServer) -> None:
        """A failure ends with its mail."""
        smtp.answer = "451 4.7.1 Greylisted"
        await failure(smtp)
        smtp.answer = None
        await sender_to(smtp).send(EMAIL)
        assert len(smtp.emails) == 1

    async def test_no_server_is_unavailable(self) -> None:
        """A server that is gone may come back."""
        with SmtpServer() as server:
            pass
        unavailable = await failure(server)
        assert isinstance(unavailable, MailUnavailable)
        assert "127.0.0.1" not in unavailable.detail

    async def test_hanging_server_is_unavailable(
        self, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that says no more is given up, at once when the time is over."""
        monkeypatch.setattr("app.emails.sender.SEND_TIMEOUT_SEC", 0.2)
        smtp.hangs_at = "RCPT"
        with Stopwatch() as watch:
            assert isinstance(await failure(smtp), MailUnavailable)
        assert watch.seconds < 5

    async def test_goodbye_is_not_waited_for(
        self, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server that hangs once it has taken the mail makes nobody send it a second time."""
        monkeypatch.setattr("app.emails.sender.QUIT_TIMEOUT_SEC", 0.1)
        smtp.hangs_at = "QUIT"
        await sender_to(smtp).send(EMAIL)
        assert len(smtp.emails) == 1


class TestLog:
    @pytest.mark.parametrize("answer", [None, "451 4.7.1 Greylisted", "550 5.1.1 No such user"])
    async def test_log_holds_no_address_and_no_text(
        self, smtp: SmtpServer, caplog: pytest.LogCaptureFixture, answer: str | None
    ) -> None:
        """Taken or not, neither the mail nor the server's answer, which quotes it, is logged."""
        caplog.set_level(logging.DEBUG, logger="app")
        smtp.answer = answer
        if answer is None:
            await sender_to(smtp).send(EMAIL)
        else:
            error = await failure(smtp)
            if isinstance(error, BragError):
                log_error(error)
            logging.getLogger("app").error("It failed", exc_info=error)
        lines = [f"{vars(record)} {record.exc_text}" for record in caplog.records]
        own = "\n".join(line for line in lines if "'name': 'app" in line)
        assert own
        assert "reader" not in own
        assert "token" not in own

    async def test_log_says_what_the_server_answered(
        self, smtp: SmtpServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """An operator reads in the log why no mail can be sent."""
        smtp.answer = "451 4.7.1 Greylisted"
        error = await failure(smtp)
        assert isinstance(error, BragError)
        log_error(error)
        assert vars(caplog.records[-1])["cause"] == "SMTPException: the server answered 451"
