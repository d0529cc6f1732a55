"""Where spans are sent, by OpenTelemetry's variables, and which of those cannot work."""

import logging
import re
from os import environ
from typing import Final
from urllib.parse import urlsplit

from app.core.exceptions import ConfigurationError
from settings import Settings, export_variables
from settings.values import bare, http_url

PREFIX: Final = "OTEL_"
ENDPOINT: Final = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
# Of these variables, the first that is set counts.
PROTOCOL_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
HEADERS_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS")
PROTOCOL: Final = "http/protobuf"
GRPC_PORT: Final = 4317
HTTP_PORT: Final = 4318
# One header of those variables, without %0A and %0D: the HTTP client would refuse a line break
# only when it sends it, by an error that quotes the value.
HEADER: Final = re.compile(r"(?ai)\s*[\w!#$%&'*+.^`|~-]+\s*=(?:(?!%0[ad])[\t -~])*")

logger = logging.getLogger(__name__)


def receiver_url(settings: Settings) -> str | None:
    """The URL for spans as HTTP with protobuf; None where OTEL_EXPORTER_OTLP_ENDPOINT is not set.

    Raises ConfigurationError where OpenTelemetry's variables, also those of `.env`, cannot be met.
    """
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT is None:
        return None
    export_variables(PREFIX)
    _require_protocol()
    _require_headers()
    url = environ.get(TRACES_ENDPOINT)
    if not url:
        _warn_of_grpc_port(ENDPOINT, settings.OTEL_EXPORTER_OTLP_ENDPOINT)
        return f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT.rstrip('/')}/v1/traces"
    try:
        url = http_url(url)
    except ValueError as error:
        raise ConfigurationError(f"{TRACES_ENDPOINT} is wrong: {error}.") from None
    _warn_of_grpc_port(TRACES_ENDPOINT, url)
    return url


def _require_protocol() -> None:
    name = _first_set(PROTOCOL_VARIABLES)
    if name and bare(environ[name]).lower() != PROTOCOL:
        raise ConfigurationError(
            f"{name} is wrong: traces are sent as {PROTOCOL} alone. Set it to that or not at all, "
            f"and {ENDPOINT} to where the receiver takes that, as a rule on port {HTTP_PORT}."
        )


def _require_headers() -> None:
    """The SDK's own complaint would quote them in the log, and they are keys."""
    name = _first_set(HEADERS_VARIABLES)
    headers = environ[name].split(",") if name else []
    if not all(HEADER.fullmatch(header) for header in headers if header.strip()):
        raise ConfigurationError(
            f"{name} is wrong: it must be a list like authorization=Bearer%20KEY,x-team=ducks, "
            "with a percent sign and code for each special character."
        )


def _first_set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if environ.get(name)), None)


def _warn_of_grpc_port(name: str, url: str) -> None:
    if urlsplit(url).port == GRPC_PORT:
        logger.warning(
            "%s names port %d, where receivers take gRPC as a rule: traces are sent as %s, for "
            "which the port is %d",
            *(name, GRPC_PORT, PROTOCOL, HTTP_PORT),
        )
