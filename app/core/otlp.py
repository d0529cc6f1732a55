"""Where spans are sent, by OpenTelemetry's variables; what cannot work is told at the start."""

import logging
import re
from os import environ
from typing import Final
from urllib.parse import urlsplit

from app.core.exceptions import ConfigurationError
from settings import Settings, export_variables
from settings.values import bare, http_url

VARIABLES: Final = "OTEL_"
ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
# Of each, the first that is set counts.
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HEADERS: Final = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
PROTOCOL: Final = "http/protobuf"
GRPC_PORT: Final = 4317
HTTP_PORT: Final = 4318
# A line break in a value is refused only when it is sent, by an error that quotes it.
HEADER: Final = re.compile(r"(?ai)\s*[\w!#$%&'*+.^`|~-]+\s*=(?:(?!%0[ad])[\t -~])*")

logger = logging.getLogger(__name__)


def receiver_url(settings: Settings) -> str | None:
    """The URL for spans as HTTP with protobuf; None where OTEL_EXPORTER_OTLP_ENDPOINT is not set.

    Raises ConfigurationError where OpenTelemetry's variables, also those of `.env`, cannot be met.
    """
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT is None:
        return None
    export_variables(VARIABLES)
    _require_protocol()
    _require_headers()
    url = environ.get(TRACES_ENDPOINT)
    if not url:
        return _warned(f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces", ENDPOINT)
    try:
        return _warned(http_url(url), TRACES_ENDPOINT)
    except ValueError as error:
        raise ConfigurationError(f"{TRACES_ENDPOINT} is wrong: {error}.") from None


def _require_protocol() -> None:
    name = _first(PROTOCOLS)
    if name and bare(environ[name]).lower() != PROTOCOL:
        raise ConfigurationError(
            f"{name} is wrong: traces are sent as {PROTOCOL} alone. Set it to that or not at all, "
            f"and {ENDPOINT} to where the receiver takes that, as a rule on port {HTTP_PORT}."
        )


def _require_headers() -> None:
    """The SDK's own complaint would quote them in the log, and they are keys."""
    name = _first(HEADERS)
    headers = environ[name].split(",") if name else []
    if not all(HEADER.fullmatch(header) for header in headers if header.strip()):
        raise ConfigurationError(
            f"{name} is wrong: it must be a list like authorization=Bearer%20KEY,x-team=ducks, "
            "with a percent sign and code for each special character."
        )


def _first(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if environ.get(name)), None)


def _warned(url: str, name: str) -> str:
    if urlsplit(url).port == GRPC_PORT:
        logger.warning(
            "%s names port %d, where receivers take gRPC as a rule: traces are sent as %s, for "
            "which the port is %d",
            *(name, GRPC_PORT, PROTOCOL, HTTP_PORT),
        )
    return url
