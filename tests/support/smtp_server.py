"""A real SMTP server in a thread of its own, and certificates that it can show."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256


class _Controller(Controller):
    """Listens on a free port, which the original does not find out by itself."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # aiosmtpd types half of itself


class SmtpServer:
    """Takes mails on 127.0.0.1 and keeps them.

    With `starttls` it offers STARTTLS, with `tls` it speaks TLS from the start. With `login` it
    demands AUTH by this user and password; `logins` are those that it was sent. A test may set
    `answer`, to every recipient, and `hangs_at`, the command that is never answered.
    """

    def __init__(
        self,
        *,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        utf8: bool = True,
    ) -> None:
        self.emails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.logins: list[tuple[str, str]] = []
        self.answer: str | None = None
        self.hangs_at: str | None = None
        self._login = login
        self._controller = _Controller(
            self,
            "127.0.0.1",
            0,
            server_hostname="localhost",
            ssl_context=tls,
            tls_context=starttls,
            enable_SMTPUTF8=utf8,
            authenticator=self._authenticate,
            auth_require_tls=False,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether this sender may hand in mails."""
        if self._login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, _: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """What a test has told it to answer; a refusal quotes the address, as real ones do."""
        await self._hang_at("RCPT")
        if self.answer:
            return f"{self.answer} <{address}>"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keeps the mail."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(
            envelope.content.replace(b"\r\n", b"\n"), policy=policy.default
        )
        assert isinstance(message, EmailMessage)
        self.emails.append(message)
        self.envelopes.append(envelope)
        transport = server.transport
        self.encrypted.append(bool(transport and transport.get_extra_info("sslcontext")))
        return "250 OK"

    async def handle_QUIT(  # noqa: N802 (aiosmtpd's name)
        self, _: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        """Says goodbye."""
        await self._hang_at("QUIT")
        return "221 Bye"

    async def _hang_at(self, command: str) -> None:
        if self.hangs_at == command:
            await asyncio.Event().wait()

    def _authenticate(
        self, _: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.logins[-1] == self._login, handled=False)


class Certificate:
    """A certificate for localhost and 127.0.0.1 that only those trust who are told to."""

    def __init__(self, folder: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        self._file = folder / "certificate.pem"
        self._file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + _self_signed(key).public_bytes(serialization.Encoding.PEM)
        )

    @property
    def shown(self) -> ssl.SSLContext:
        """The context of a server that has it."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._file)
        return context

    @property
    def trusted(self) -> ssl.SSLContext:
        """The context of a client that trusts it."""
        return ssl.create_default_context(cafile=self._file)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    hosts = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .sign(key, SHA256())
    )
