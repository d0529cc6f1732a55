"""Addresses of this service and of its page, as starts, mails and answers name them."""

from typing import Final
from uuid import UUID

LOOPBACK: Final = "127.0.0.1"


def base_url(host: str, port: int) -> str:
    """Where a server that listens on `host` is reached from this machine."""
    everywhere = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - asked, not listened on
    reachable = everywhere.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def document_url(base: str, uuid: UUID, passage: int | None = None) -> str:
    """Where a person reads a document, at a passage of it."""
    place = "" if passage is None else f"#passage={passage}"
    return f"{base}/d/{uuid}{place}"
