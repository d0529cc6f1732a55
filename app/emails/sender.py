"""Sends mails: through an SMTP server, or to the log of a developer who has none."""

import logging
import ssl
from asyncio import timeout
from contextlib import suppress
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Final, Protocol
from urllib.parse import urlsplit

import aiosmtplib

from app.emails.constants import MAILBOX_NOT_ALLOWED, PERMANENT, QUIT_TIMEOUT_SEC, SEND_TIMEOUT_SEC
from app.emails.exceptions import EmailRefused, MailUnavailable
from app.emails.message import create_address, create_message, one_line
from app.emails.models import Email, SmtpServer, is_ip_address
from settings import Settings

OF_THE_MAIL: Final = (
    aiosmtplib.SMTPSenderRefused,
    aiosmtplib.SMTPRecipientsRefused,
    aiosmtplib.SMTPRecipientRefused,
    aiosmtplib.SMTPDataError,
)

logger = logging.getLogger(__name__)


class EmailSender(Protocol):
    """Takes mails."""

    async def send(self, email: Email) -> None:
        """Returns once the mail is taken; raises MailUnavailable or EmailRefused if it is not."""


class SmtpSender:
    """Hands each mail to an SMTP server, over a connection of its own.

    `tls_context` says which certificates to trust; without it, those of public authorities.
    """

    def __init__(
        self, server: SmtpServer, mail_from: Address, *, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._from = mail_from
        self._tls_context = tls_context

    async def send(self, email: Email) -> None:
        """As EmailSender says; gives up after SEND_TIMEOUT_SEC."""
        message = create_message(email, self._from)
        client = self._client()
        try:
            async with timeout(SEND_TIMEOUT_SEC):
                await client.connect()
                await client.send_message(message)
            with suppress(aiosmtplib.SMTPException, OSError):  # the mail is taken already
                await client.quit(timeout=QUIT_TIMEOUT_SEC)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _converted(error) from _without_texts(error)
        finally:
            client.close()
        logger.info("The SMTP server took a mail", extra={"message_id": message["Message-ID"]})

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            local_hostname=self._from.domain,  # not this machine's, which takes a look-up
            timeout=None,  # of each command; send() has one for all of them
            use_tls=server.tls,
            start_tls=server.start_tls,
            tls_context=self._tls_context,
        )


class LogSender:
    """Writes mails to the log, so that a developer without an SMTP server can open their links."""

    async def send(self, email: Email) -> None:
        """Logs the whole mail."""
        logger.warning(
            "SMTP_URL is not set, so this mail is only logged.\nTo: %s\nSubject: %s\n\n%s",
            email.to,
            email.subject,
            email.text,
        )


class NoSender:
    """Drops mails: a log outside local is no place for a link."""

    async def send(self, _email: Email) -> None:
        """Does nothing; the start has said so."""


def create_sender(settings: Settings) -> EmailSender:
    """The sender that these settings ask for."""
    if settings.SMTP_URL:
        server = SmtpServer.of_url(settings.SMTP_URL.get_secret_value())
        return SmtpSender(server, mail_from(settings))
    if settings.is_local:
        return LogSender()
    logger.warning(
        "SMTP_URL is not set, so no mails are sent; "
        "`brag users link ADDRESS` prints a sign-in link"
    )
    return NoSender()


def mail_from(settings: Settings) -> Address:
    """MAIL_FROM; if it is not set, `no-reply` at the host of PUBLIC_URL, or at localhost."""
    if settings.MAIL_FROM:
        name, address = parseaddr(settings.MAIL_FROM)
        return create_address(address, name)
    host = urlsplit(settings.PUBLIC_URL or "").hostname
    if host is None or is_ip_address(host):
        host = "localhost"
    elif not host.isascii():
        host = host.encode("idna").decode()
    return Address(one_line(settings.APP_NAME), "no-reply", host)


def _converted(error: Exception) -> MailUnavailable | EmailRefused:
    if isinstance(error, aiosmtplib.SMTPNotSupported):  # SMTPUTF8, for an international address
        return EmailRefused(MAILBOX_NOT_ALLOWED)
    code = _code(error)
    # What is wrong with our connection or login is mended there; with the mail itself it is not.
    is_of_mail = isinstance(error, OF_THE_MAIL)
    return EmailRefused(code) if is_of_mail and code >= PERMANENT else MailUnavailable()


def _without_texts(error: Exception) -> Exception:
    """The error as a log may have it: a server's answer quotes addresses and texts of mails."""
    code = _code(error)
    return aiosmtplib.SMTPException(f"the server answered {code}") if code else error


def _code(error: Exception) -> int:
    """What the server answered; 0 if it did not."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]  # a mail has one recipient
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
