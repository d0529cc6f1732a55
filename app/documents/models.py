"""Models of the knowledge base."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid5

from pydantic import BaseModel, Field, StrictBool

from app.core.models import RequestModel, Text
from app.documents.constants import NAMESPACE


class Source(BaseModel):
    """A passage that was put into the prompt; `start` and `end` are character offsets."""

    document_uuid: UUID
    title: str
    source: str
    ordinal: int
    start: int
    end: int
    text: str
    score: float


Whole = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]  # as Qdrant counts


class Filter(RequestModel):
    """Which documents may be searched; all given parts must hold, an empty list matches nothing."""

    document_uuids: list[UUID] | None = Field(default=None, max_length=1000)
    source: Text | None = None
    metadata: dict[Text, StrictBool | Whole | Text] | None = Field(
        default=None, max_length=50
    )


@dataclass(frozen=True)
class NewDocument:
    """A document that is to be in the knowledge base; `user_id` None shares it with everyone."""

    title: str
    source: str
    media_type: str
    text: str
    bytes: int
    sha256: str
    user_id: int | None = None

    @property
    def uuid(self) -> UUID:
        """Derived from owner, source and content: ingesting twice writes the same rows and points."""
        return uuid5(NAMESPACE, f"{self.user_id}\n{self.source}\n{self.sha256}")
