"""Addresses of our page, as answers name them."""

from uuid import UUID


def document_url(base_url: str, uuid: UUID, passage: int | None = None) -> str:
    """Where a person reads a document, at a passage of it."""
    place = "" if passage is None else f"#passage={passage}"
    return f"{base_url}/d/{uuid}{place}"
