"""Retrieved passages."""

from uuid import UUID

from app.documents.models import Source


def source(text: str, title: str = "Title") -> Source:
    """A retrieved passage."""
    return Source(
        document_uuid=UUID(int=1),
        title=title,
        source="s",
        ordinal=0,
        start=0,
        end=len(text),
        text=text,
        score=0.5,
    )
