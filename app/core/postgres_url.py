"""What DATABASE_URL means: what libpq makes of it, for the application and for dbmate alike.

SQLAlchemy and dbmate read a URL each in a way of its own: other characters need escaping, another
`sslmode` is the default, other parameters are known.
"""

import re

import psycopg2
from psycopg2.extensions import parse_dsn

from app.core.exceptions import ConfigurationError


def plain_url(database_url: str) -> str:
    """The URL without SQLAlchemy's driver, which nothing else knows."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", database_url)


def connection_parameters(database_url: str) -> dict[str, str]:
    """The parameters that a URL gives to libpq, by their names; or ConfigurationError."""
    try:
        parameters: dict[str, str] = parse_dsn(plain_url(database_url))
        ports = parameters.get("port", "").split(",")
        if all(port.isdecimal() or not port for port in ports):
            return parameters
    except (psycopg2.Error, UnicodeError):  # its message may quote the password
        pass
    raise ConfigurationError(
        "DATABASE_URL is not a URL of the form postgresql://user:password@host:5432/name."
    ) from None
