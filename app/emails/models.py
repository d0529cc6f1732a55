"""A mail, and the server that takes it."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

from app.emails.constants import SMTP_PORT, SMTPS_PORT


@dataclass(frozen=True)
class Email:
    """A plain text for one address."""

    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class SmtpServer:
    """Where mails are handed in; `tls` is TLS from the start, as on port 465."""

    host: str
    port: int
    tls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def of_url(cls, url: str) -> Self:
        """The server of an SMTP_URL that the settings have let through."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        return cls(
            parts.hostname or "",
            parts.port or (SMTPS_PORT if tls else SMTP_PORT),
            tls,
            None if parts.username is None else unquote(parts.username),
            None if parts.password is None else unquote(parts.password),
        )

    @property
    def start_tls(self) -> bool | None:
        """Whether to upgrade by STARTTLS (RFC 3207): always, never, or None: if it is offered.

        Always where a password would cross a network without it.
        """
        if self.tls:
            return False
        return True if self.user is not None and not is_loopback(self.host) else None


def is_ip_address(host: str) -> bool:
    """Whether this is an address, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether what is sent to this host never leaves the machine; False of any other name."""
    return host == "localhost" or (is_ip_address(host) and ip_address(host).is_loopback)
