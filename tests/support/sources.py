"""Retrieved passages."""

from uuid import UUID

from app.retrieval.judging import RetrievedPassage
from app.retrieval.models import Source
from app.vector_store.base import Candidate


def source(text: str, title: str = "Title", *, document: int = 1, ordinal: int = 0) -> Source:
    """A passage as Postgres holds it, and its score."""
    return Source(
        document_uuid=UUID(int=document),
        title=title,
        source="s",
        ordinal=ordinal,
        start=0,
        end=len(text),
        text=text,
        score=0.5,
    )


def retrieved_passage(text: str, title: str = "Title") -> RetrievedPassage:
    """A passage that only its words speak for: its cosine is 0."""
    candidate = Candidate(UUID(int=1), cosine=0.0, bm25=0.0, score=0.0)
    return RetrievedPassage(candidate, source(text, title))
