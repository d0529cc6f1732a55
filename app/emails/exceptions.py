"""Why a mail was not sent. Neither says to whom, or what it held."""

from app.core.exceptions import ServiceUnavailable


class MailUnavailable(ServiceUnavailable):
    """The SMTP server cannot be reached or answers 4xx: it is worth trying again."""

    code = "mail_unavailable"
    detail = "No mail can be sent at the moment. Please try again."


class EmailRefused(Exception):
    """The SMTP server answered 5xx, or would have: it will never take this mail."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"The SMTP server refused the mail: {code}.")
