"""What the OpenAPI document says of retrieval."""

from typing import Final
from uuid import UUID

from app.core.openapi import Responses, json_example
from app.retrieval.models import JudgedSource, Source

EXAMPLE_SOURCE: Final = Source(
    document_uuid=UUID("01a21043-ea57-7f1a-9f3e-9e17e3f44302"),
    title="Questions that newcomers ask",
    source="docs/questions.md",
    ordinal=0,
    start=0,
    end=142,
    page=None,
    headings=[],
    text="# Questions that newcomers ask\n\n## Which port does the API listen on?\n\n"
    "The API listens on port 8000, unless the setting `PORT` says otherwise.",
    score=1.1883674144744873,
)
EXAMPLE_RESULT: Final = JudgedSource(
    **dict(EXAMPLE_SOURCE), evidence=1.62, threshold=0.83, relevant=True
)
SEARCH: Final[Responses] = {200: json_example([EXAMPLE_RESULT])}
