"""What DATABASE_URL means: what libpq makes of it, for the application and for dbmate alike.

SQLAlchemy and dbmate read a URL each in a way of its own: other characters need escaping, another
`sslmode` is the default, other parameters are known.
"""

import re
from typing import Final

import psycopg2
from psycopg2.extensions import parse_dsn

from app.core.exceptions import ConfigurationError

UNKNOWN_PARAMETER: Final = re.compile(r'invalid URI query parameter: "(\w+)"')
UNKNOWN: Final = "DATABASE_URL has a parameter that libpq does not know: take {} out of it."
SSL_MODES: Final = "disable, allow, prefer, require, verify-ca, verify-full"


def plain_url(database_url: str) -> str:
    """The URL without SQLAlchemy's driver, which nothing else knows."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", database_url)


def connection_parameters(database_url: str) -> dict[str, str]:
    """The parameters that a URL gives to libpq, by their names; or ConfigurationError."""
    try:
        parameters: dict[str, str] = parse_dsn(plain_url(database_url))
        ports = parameters.get("port", "").split(",")
        if parameters.get("sslmode", "prefer") not in SSL_MODES.split(", "):
            raise ConfigurationError(f"The sslmode of DATABASE_URL is none of {SSL_MODES}.")
        if all(port.isdecimal() or not port for port in ports):
            return parameters
    except (psycopg2.Error, UnicodeError) as error:
        unknown = UNKNOWN_PARAMETER.search(str(error))  # its other messages may quote the password
        if unknown:
            raise ConfigurationError(UNKNOWN.format(unknown[1])) from None
    raise ConfigurationError(
        "DATABASE_URL is not a URL of the form postgresql://user:password@host:5432/name."
    )
