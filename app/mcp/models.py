"""What the tools take."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from app.core.models import IS_TEXT, TEXT_SCHEMA, RequestModel
from app.retrieval.models import Filter

MAX_START: Final = 2**40


class SearchArguments(RequestModel):
    """What to search for."""

    query: Annotated[str, Field(max_length=2000), IS_TEXT, TEXT_SCHEMA]
    limit: int = Field(default=3, ge=1, le=20, description="How many passages, at most.")
    filter: Filter | None = None


class FetchArguments(RequestModel):
    """Which document to read, and from where on."""

    id: UUID = Field(description="The `id` of a result of `search`.")
    start: int = Field(
        default=0,
        ge=0,
        le=MAX_START,
        description="0, or the `next_start` of the part of a long text that was read before.",
    )
