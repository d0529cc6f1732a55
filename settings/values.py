"""What the values of some settings are made to, where they would not work as they were written."""

import re
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

QUOTED: Final = re.compile(r"""(["'])((?:(?!\1).)*)\1""")
SERVICE_PORT: Final = re.compile(r"tcp://[^/\s]+:(\d+)")
PREFIX: Final = re.compile(r"(?:/[\w.~!$&'()*+;=:@-]+)+", re.ASCII)  # RFC 3986, 3.3
HOST_NAME: Final = re.compile(r"[\w.-]+", re.ASCII)
DEFAULT_PORTS: Final = {"http": 80, "https": 443}
NOT_OF_A_BASE: Final = re.compile(r"[?#\s]")  # what is put behind it would become a part of that
SENDABLE: Final = re.compile(r"[!-~]+")
ENDPOINT: Final = re.compile(r"/chat/completions/*$")
NO_ORIGIN: Final = "{} must be an origin as browsers send it, https://host:port without a path"


def bare(text: str) -> str:
    """A value without the blanks, line ends and quotes that `docker --env-file` leaves there."""
    text = text.strip()
    quoted = QUOTED.fullmatch(text)
    return quoted[2].strip() if quoted else text


def port_of_service(value: Any) -> Any:
    """The port of `tcp://10.0.0.1:6333`, as Kubernetes sets X_PORT for a service called x."""
    found = SERVICE_PORT.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else value


def host_of_url(text: str) -> str:
    """A host name or an address as a URL has it, IPv6 in brackets, or ValueError."""
    with suppress(ValueError):
        return f"[{IPv6Address(text.strip('[]'))}]"
    if not HOST_NAME.fullmatch(text):
        raise ValueError("must be a host name without scheme, port and path, like qdrant.example")
    return text


def url_prefix(text: str) -> str:
    """`/rag` for `rag/`; nothing for `/`. A ValueError where it is no path."""
    path = text.strip("/")
    if path and not PREFIX.fullmatch(f"/{path}"):
        raise ValueError("must be a path like /rag")
    return f"/{path}" if path else ""


def http_url(url: str) -> str:
    """An http URL behind which a path can be put, or ValueError."""
    parts = urlsplit(url)  # a port that is none is a ValueError with a sentence of its own
    is_http = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not is_http or NOT_OF_A_BASE.search(url):
        raise ValueError("must be a URL of the form https://host:port/path")
    return url


def base_of_api(url: str) -> str:
    """The base URL of an OpenAI-compatible service, given the URL of an endpoint as well."""
    base, mark, query = url.partition("?")
    if NOT_OF_A_BASE.search(query):
        raise ValueError("must be a URL of the form https://host:port/path?query")
    return ENDPOINT.sub("", http_url(base)) + mark + query


def sendable(key: SecretStr) -> SecretStr:
    """A key that an HTTP header can hold, or ValueError."""
    if not SENDABLE.fullmatch(key.get_secret_value()):
        raise ValueError("must be visible ASCII characters, since it goes into an HTTP header")
    return key


def public_url(url: str) -> str:
    """The address under which browsers reach this service, in the form in which they send it."""
    parts = urlsplit(url)
    if parts.username:
        raise ValueError("must be a URL without a user, https://host:port/path")
    return _browser_origin(f"{parts.scheme}://{parts.netloc}") + parts.path.rstrip("/")


def expanded(path: Path) -> Path:
    """A path with the home folder in place of `~`, or ValueError."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home folder for {path.parts[0]}") from None


def browser_origins(origins: list[str]) -> list[str]:
    """Origins in the form in which browsers send them, or ValueError (RFC 6454, 6.2)."""
    return [origin if origin in {"*", "null"} else _browser_origin(origin) for origin in origins]


def _browser_origin(origin: str) -> str:
    try:
        parts = urlsplit(origin)
        host, port = _ascii_host(parts), parts.port
    except ValueError:  # a port that is none, or half a pair of brackets
        raise ValueError(NO_ORIGIN.format(origin)) from None
    rest = parts.path.strip("/") + parts.query + parts.fragment + (parts.username or "")
    if "://" not in origin or not host or "*" in host or rest:
        raise ValueError(NO_ORIGIN.format(origin))
    suffix = "" if port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host.encode("idna").decode() if host else ""
