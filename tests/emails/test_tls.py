"""Passwords and mails cross a network encrypted, to a server that is who it says it is."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.emails.exceptions import MailUnavailable
from app.emails.models import SmtpServer as Server
from app.emails.sender import SmtpSender, mail_from
from settings import Settings
from tests.emails.test_sender import EMAIL
from tests.support.smtp_server import Certificate, SmtpServer

LOGIN = ("reader@example.com", "sword fish:ü")
USERINFO = "reader%40example.com:sword%20fish%3A%C3%BC@"


def sender_to(url: str, certificate: Certificate | None = None) -> SmtpSender:
    """A sender to this SMTP_URL that trusts this certificate, or only public authorities."""
    trusted = certificate.trusted if certificate else None
    return SmtpSender(Server.of_url(url), mail_from(Settings()), tls_context=trusted)


class TestStartTls:
    @pytest.mark.parametrize(
        ("url", "start_tls"),
        [
            ("smtp://user:word@mail.example", True),
            ("smtp://user:word@192.0.2.1:25", True),
            ("smtp://user:word@[2001:db8::1]", True),
            ("smtp://user:word@localhost.example", True),
            ("smtp://user:word@127.0.0.1.example", True),
            ("smtp://user:word@localhost", None),
            ("smtp://user:word@127.0.0.2", None),
            ("smtp://user:word@[::1]:25", None),
            ("smtp://mail.example", None),
            ("smtps://user:word@mail.example", False),
        ],
    )
    def test_demanded_for_a_password(self, url: str, *, start_tls: bool | None) -> None:
        """STARTTLS is a must for passwords to other machines, and used elsewhere if offered."""
        assert Server.of_url(url).start_tls is start_tls

    async def test_used_where_it_is_offered(self, certificate: Certificate) -> None:
        """A mail goes encrypted to a server that offers it."""
        with SmtpServer(starttls=certificate.shown) as server:
            await sender_to(f"smtp://localhost:{server.port}", certificate).send(EMAIL)
            assert server.encrypted == [True]

    async def test_password_is_not_sent_in_the_clear(self) -> None:
        """A server that is not known to be this machine and offers no TLS gets no password."""
        with SmtpServer(login=LOGIN) as server:  # 127.1 is 127.0.0.1 to the system alone
            with pytest.raises(MailUnavailable) as raised:
                await sender_to(f"smtp://{USERINFO}127.1:{server.port}").send(EMAIL)
            assert "STARTTLS" in str(raised.value.__cause__)
            assert server.logins == []

    async def test_password_within_the_machine(self) -> None:
        """A server on this machine gets the password as it was before it was percent-encoded."""
        with SmtpServer(login=LOGIN) as server:
            await sender_to(f"smtp://{USERINFO}127.0.0.1:{server.port}").send(EMAIL)
            assert (server.logins, len(server.emails)) == ([LOGIN], 1)

    async def test_wrong_password_is_worth_another_try(self) -> None:
        """A server that does not know the password takes no mail until it is mended."""
        with SmtpServer(login=LOGIN) as server:
            with pytest.raises(MailUnavailable):
                await sender_to(f"smtp://x:y@127.0.0.1:{server.port}").send(EMAIL)
            assert server.emails == []


@contextmanager
def encrypting(certificate: Certificate, scheme: str) -> Iterator[SmtpServer]:
    """A server that speaks TLS in the manner of the scheme and demands a login."""
    context = certificate.shown
    server = SmtpServer(
        tls=context if scheme == "smtps" else None,
        starttls=context if scheme == "smtp" else None,
        login=LOGIN,
    )
    with server:
        yield server


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
class TestCertificate:
    async def test_trusted(self, certificate: Certificate, scheme: str) -> None:
        """A server whose certificate is trusted gets the password and the mail."""
        with encrypting(certificate, scheme) as server:
            url = f"{scheme}://{USERINFO}localhost:{server.port}"
            await sender_to(url, certificate).send(EMAIL)
            assert (server.logins, server.encrypted) == ([LOGIN], [True])

    async def test_of_nobody_known(self, certificate: Certificate, scheme: str) -> None:
        """A server whose certificate nobody vouches for gets nothing."""
        with encrypting(certificate, scheme) as server:
            with pytest.raises(MailUnavailable) as raised:
                await sender_to(f"{scheme}://{USERINFO}localhost:{server.port}").send(EMAIL)
            assert "CERTIFICATE_VERIFY_FAILED" in str(raised.value.__cause__)
            assert (server.logins, server.emails) == ([], [])

    async def test_of_another_host(self, certificate: Certificate, scheme: str) -> None:
        """A server that shows another host's certificate gets nothing."""
        with encrypting(certificate, scheme) as server:
            url = f"{scheme}://{USERINFO}127.1:{server.port}"
            with pytest.raises(MailUnavailable) as raised:
                await sender_to(url, certificate).send(EMAIL)
            assert "CERTIFICATE_VERIFY_FAILED" in str(raised.value.__cause__)
            assert (server.logins, server.emails) == ([], [])
