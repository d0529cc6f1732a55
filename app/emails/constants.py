"""Numbers of SMTP."""

from typing import Final

SEND_TIMEOUT_SEC: Final = 20.0  # for a mail, from the look-up of the host until it is taken
QUIT_TIMEOUT_SEC: Final = 1.0  # for the goodbye after it, which changes nothing
SMTP_PORT: Final = 587
SMTPS_PORT: Final = 465
MAILBOX_NOT_ALLOWED: Final = 553  # RFC 5321, 4.2.3; RFC 6531, 3.5
PERMANENT: Final = 500  # RFC 5321, 4.2.1: the least answer that is a refusal for good
