"""Models of people and keys (the HTTP contract)."""

import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from app.core.caller import Scope
from app.core.models import IS_TEXT, TEXT_SCHEMA, RequestModel

MAX_EMAIL_CHARS: Final = 254  # RFC 5321, 4.5.3.1.3
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
ENCODED_WORD: Final = "=?"  # RFC 2047, 2
SEPARATORS: Final = re.compile(r"[\s-]")


def normalise_email(address: str) -> str:
    """An address in the one form in which it is stored: lower case, `+tag` kept; ValueError."""
    if ENCODED_WORD in address:  # which headers of mails would decode, line breaks and all
        raise PydanticCustomError("value_error", "must be an email address")
    try:
        valid = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        raise PydanticCustomError("value_error", "must be an email address") from None
    return valid.normalized.lower()


def _typed(code: str) -> str:
    """A code as it was mailed, however it was typed."""
    return SEPARATORS.sub("", code).upper()


def email_argument(text: str) -> str:
    """An address of a command line."""
    try:
        return normalise_email(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} is no email address") from None


Email = Annotated[
    str,
    Field(
        max_length=MAX_EMAIL_CHARS,
        json_schema_extra={"format": "email", "examples": ["ann@example.com"]},
    ),
    AfterValidator(normalise_email),
]


class Address(RequestModel):
    """Where a sign-in link is mailed to."""

    email: Email


class Accepted(BaseModel):
    """The same for every address, known or not."""

    message: str = "If a mail can be sent to this address, it is on its way."


NULL: Final[JsonDict] = {"type": "null"}
TEXT: Final[JsonDict] = {"type": "string"}
BY_LINK: Final[JsonDict] = {
    "required": ["token"],
    "properties": {"token": TEXT, "email": NULL, "code": NULL},
}
BY_CODE: Final[JsonDict] = {
    "required": ["email", "code"],
    "properties": {"token": NULL, "email": TEXT, "code": TEXT},
}


class LoginConsumption(RequestModel):
    """What a mail held: the token of its link, or its code with the address it was sent to."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [BY_LINK, BY_CODE],
            "examples": [{"email": "ann@example.com", "code": "27C1V4G3"}],
        }
    )

    token: str | None = Field(default=None, min_length=1, max_length=200)
    email: Email | None = None
    code: Annotated[str, Field(max_length=50), AfterValidator(_typed)] | None = None

    @model_validator(mode="after")
    def _is_either(self) -> Self:
        by_link = self.token is not None and self.email is None and self.code is None
        by_code = self.token is None and self.email is not None and self.code is not None
        if not by_link and not by_code:
            raise PydanticCustomError("value_error", "must hold a token, or an email and a code")
        return self


class User(BaseModel):
    """A person, known by where they read mail."""

    uuid: UUID
    email: str
    created_at: datetime


def _require_future(moment: datetime) -> datetime:
    if not datetime.now(UTC) < moment < LATEST:
        raise PydanticCustomError("value_error", "must be in the future, and before the year 9000")
    return moment


class NewApiKey(RequestModel):
    """A key that is to be made: with all scopes and for ever, unless it says otherwise."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "A script", "scopes": ["read", "ask"]}]}
    )

    name: Annotated[str, Field(max_length=100), IS_TEXT, TEXT_SCHEMA]
    scopes: set[Scope] = Field(default=set(Scope), min_length=1, fail_fast=True)
    expires_at: Annotated[AwareDatetime, AfterValidator(_require_future)] | None = None


class ApiKey(BaseModel):
    """A key as its owner sees it later: by its first and last characters."""

    uuid: UUID
    name: str
    scopes: list[Scope]
    prefix: str
    last_four: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class CreatedApiKey(ApiKey):
    """A key as it is shown once."""

    key: str
