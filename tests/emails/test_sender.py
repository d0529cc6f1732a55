"""Which sender the settings ask for, and what a mail is like when it arrives."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from app.emails.exceptions import EmailRefused
from app.emails.models import Email
from app.emails.sender import LogSender, NoSender, SmtpSender, create_sender, mail_from
from settings import Settings
from tests.support.smtp_server import SmtpServer

LINK = "https://brag.example/login#token=" + "0123456789" * 10
TEXT = f"Здравствуйте, 世界!\n\n{LINK}\n.\nFrom here on it is signed: 🐌\n"
EMAIL = Email("reader@example.com", "Sign in", f"{LINK}\n")


def sender_to(server: SmtpServer, mail_from: str | None = "bRAG <b@brag.example>") -> SmtpSender:
    """A sender by the settings of somebody who has this server."""
    url = SecretStr(f"smtp://127.0.0.1:{server.port}")
    sender = create_sender(Settings(SMTP_URL=url, MAIL_FROM=mail_from))
    assert isinstance(sender, SmtpSender)
    return sender


class TestArrival:
    async def test_headers(self, smtp: SmtpServer) -> None:
        """A mail says who sent it to whom, when, about what, and that a program wrote it."""
        await sender_to(smtp).send(EMAIL)
        [email], [envelope] = smtp.emails, smtp.envelopes
        assert (email["From"], email["To"]) == ("bRAG <b@brag.example>", "reader@example.com")
        assert (envelope.mail_from, envelope.rcpt_tos) == ("b@brag.example", ["reader@example.com"])
        assert (email["Subject"], email["Auto-Submitted"]) == ("Sign in", "auto-generated")
        assert abs(email["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)
        assert email["Message-ID"].endswith("@brag.example>")

    async def test_every_mail_has_its_own_id(self, smtp: SmtpServer) -> None:
        """No two mails have the same id."""
        sender = sender_to(smtp)
        await sender.send(EMAIL)
        await sender.send(EMAIL)
        first, second = smtp.emails
        assert first["Message-ID"] != second["Message-ID"]

    @pytest.mark.parametrize("text", [TEXT, "世界\n"], ids=["long lines", "a short line"])
    async def test_every_script_arrives_whole(self, smtp: SmtpServer, text: str) -> None:
        """Subject, name and text arrive as they were written, in any script."""
        sender = sender_to(smtp, "Vérité 真 <b@brag.example>")
        await sender.send(Email("reader@example.com", "Wörter " * 30 + "世界", text))
        [email], [envelope] = smtp.emails, smtp.envelopes
        assert isinstance(envelope.content, bytes)
        assert envelope.content.isascii()  # which every server passes on as it is
        assert email["Subject"] == "Wörter " * 30 + "世界"
        assert email["From"].addresses[0].display_name == "Vérité 真"
        assert email.get_content_type() == "text/plain"
        assert email.get_content() == text

    @pytest.mark.parametrize(
        "subject", ["a\r\nBcc: x@example.com", "a\u2028Bcc: b", "=?utf-8?q?a=0ABcc:_x?="]
    )
    async def test_subject_makes_no_header(self, smtp: SmtpServer, subject: str) -> None:
        """A line break in a subject, even an encoded one, begins no header."""
        await sender_to(smtp).send(Email("reader@example.com", subject, "Hello"))
        [email] = smtp.emails
        assert "Bcc" not in email
        assert "Bcc" in email["Subject"]
        assert email.get_content() == "Hello\n"

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "reader",
            "reader@example.com\r\nBcc: x@example.com",
            "reader@example.com, x@example.com",
            "reader@example.com> SIZE=1",
            "=?utf-8?q?x=0ABcc=3A_y=40z?=@example.com",
        ],
    )
    async def test_address_makes_no_header(self, smtp: SmtpServer, address: str) -> None:
        """What is no single address, or hides a line break, is refused, and not repeated."""
        with pytest.raises(EmailRefused, match=r"mail: 553\.$"):
            await sender_to(smtp).send(Email(address, "Sign in", "Hello"))
        assert smtp.emails == []


class TestInternationalAddress:
    async def test_arrives(self, smtp: SmtpServer) -> None:
        """A mail to an international address arrives where the server knows them."""
        await sender_to(smtp).send(Email("jürgen@example.com", "Grüße", "Hallo"))
        [email], [envelope] = smtp.emails, smtp.envelopes
        assert envelope.rcpt_tos == ["jürgen@example.com"]
        assert (email["To"], email["Subject"]) == ("jürgen@example.com", "Grüße")

    async def test_refused_without_smtputf8(self) -> None:
        """Elsewhere such a mail is refused; an international host alone is no obstacle."""
        with SmtpServer(utf8=False) as server:
            with pytest.raises(EmailRefused) as raised:
                await sender_to(server).send(Email("jürgen@example.com", "Grüße", "Hallo"))
            assert raised.value.code == 553
            await sender_to(server).send(Email("reader@bücher.example", "Grüße", "Hallo"))
            assert server.envelopes[0].rcpt_tos == ["reader@xn--bcher-kva.example"]


class TestMailFrom:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            (Settings(), "bRAG <no-reply@localhost>"),
            (Settings(PUBLIC_URL="https://ask.example/x"), "bRAG <no-reply@ask.example>"),
            (
                Settings(PUBLIC_URL="https://bücher.example"),
                "bRAG <no-reply@xn--bcher-kva.example>",
            ),
            (Settings(PUBLIC_URL="http://[::1]:8000"), "bRAG <no-reply@localhost>"),
            (Settings(APP_NAME="Acme,\n Inc."), '"Acme, Inc." <no-reply@localhost>'),
            (Settings(MAIL_FROM="a@example.com"), "a@example.com"),
            (Settings(MAIL_FROM='"Acme, Inc." <a@example.com>'), '"Acme, Inc." <a@example.com>'),
        ],
    )
    def test_mail_from(self, settings: Settings, expected: str) -> None:
        """It is what MAIL_FROM says, else the service's name at the host of PUBLIC_URL."""
        assert str(mail_from(settings)) == expected


class TestWithoutServer:
    async def test_local_log_holds_the_text(self, caplog: pytest.LogCaptureFixture) -> None:
        """Where there is no server, a developer reads the mail in the log."""
        sender = create_sender(Settings())
        assert isinstance(sender, LogSender)
        await sender.send(EMAIL)
        [record] = caplog.records
        assert record.levelno == logging.WARNING
        assert LINK in record.getMessage()

    @pytest.mark.parametrize("auth_required", [True, False])
    async def test_log_elsewhere_holds_no_link(
        self, caplog: pytest.LogCaptureFixture, *, auth_required: bool
    ) -> None:
        """Outside local the start says what is missing; no text and no address is logged."""
        sender = create_sender(Settings(ENVIRONMENT="production", AUTH_REQUIRED=auth_required))
        assert isinstance(sender, NoSender)
        [record] = caplog.records
        await sender.send(EMAIL)
        assert "SMTP_URL is not set" in record.getMessage()
        assert LINK not in caplog.text
        assert "reader" not in caplog.text
