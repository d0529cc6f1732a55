"""A mail as RFC 5322 has it: no address and no subject makes a header of its own."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Final

from email_validator import EmailNotValidError, validate_email

from app.emails.constants import MAILBOX_NOT_ALLOWED
from app.emails.exceptions import EmailRefused
from app.emails.models import Email

# Begins an encoded word (RFC 2047). Python decodes those that it is given, line breaks in them too,
# and writes them out as they are: CVE-2024-6923. Addresses may hold them, and come from anybody.
ENCODED_WORD: Final = "=?"


def create_message(email: Email, sender: Address) -> EmailMessage:
    """The mail with its headers; raises EmailRefused if its address is none."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = create_address(email.to)
    message["Subject"] = one_line(email.subject)
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    message.set_content(email.text, cte="quoted-printable")  # every server passes this on whole
    return message


def create_address(address: str, name: str = "") -> Address:
    """A mailbox, its host in ASCII: only what is before an @ may need SMTPUTF8 (RFC 6531).

    Raises EmailRefused if it is none.
    """
    try:
        parts = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise EmailRefused(MAILBOX_NOT_ALLOWED) from None  # its sentence quotes the address
    if ENCODED_WORD in parts.local_part:
        raise EmailRefused(MAILBOX_NOT_ALLOWED)
    return Address(one_line(name), parts.local_part, parts.ascii_domain)


def one_line(text: str) -> str:
    """The text without line breaks and encoded words, fit for a header."""
    return " ".join(text.replace(ENCODED_WORD, "= ?").split())
