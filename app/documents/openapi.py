"""What the OpenAPI document says of documents: the body of uploads, read by hand, and examples."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.core.openapi import Responses, json_example, links, problems
from app.core.pagination import LINK_HEADER
from app.documents.exceptions import RangeNotSatisfiable
from app.documents.models import Document, DocumentStatus, FileFields, Passage, TextDocument
from app.loaders.constants import KINDS

EXAMPLE_DOCUMENT: Final = Document(
    uuid=UUID("01a21043-ea57-7f1a-9f3e-9e17e3f44302"),
    title="Questions that newcomers ask",
    source="docs/questions.md",
    media_type="text/markdown",
    bytes=1637,
    sha256="d86109357f8953671eb98e76549150c4149be9838d5d6494558ef5d516998119",
    metadata={},
    status=DocumentStatus.READY,
    error=None,
    passages_total=10,
    passages_done=10,
    created_at=datetime(2026, 11, 25, 1, 13, 36, tzinfo=UTC),
    updated_at=datetime(2026, 11, 25, 1, 13, 37, tzinfo=UTC),
)
UPLOADED: Final = EXAMPLE_DOCUMENT.model_copy(
    update={
        "status": DocumentStatus.PENDING,
        "passages_total": None,
        "passages_done": 0,
        "updated_at": EXAMPLE_DOCUMENT.created_at,
    }
)
EXAMPLE_PASSAGE: Final = Passage(
    document_uuid=EXAMPLE_DOCUMENT.uuid,
    ordinal=0,
    start=0,
    end=142,
    page=None,
    headings=[],
    text="# Questions that newcomers ask\n\n## Which port does the API listen on?\n\n"
    "The API listens on port 8000, unless the setting `PORT` says otherwise.",
)

FILE: Final[dict[str, Any]] = {
    "type": "string",
    "format": "binary",
    "description": "Any text, CSV, Markdown, HTML, PDF or DOCX.",
}
TEXT: Final = TextDocument.model_json_schema()
FORM: Final = FileFields.model_json_schema()

UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": FORM
                | {
                    "required": ["file"],
                    "properties": {"file": FILE}
                    | FORM["properties"]
                    | {"metadata": TEXT["properties"]["metadata"]},  # as JSON, as OpenAPI has it
                },
                "encoding": {"file": {"contentType": ", ".join(KINDS)}},
            },
            "application/json": {
                "schema": TEXT,
                "example": {"text": "The API listens on port 8000.", "title": "Ports"},
            },
        },
    }
}

DOCUMENT_LINKS: Final = links(
    {"get_document": "uuid", "get_document_file": "uuid", "delete_document": "uuid"}
)
UPLOAD: Final[Responses] = {
    200: {
        "model": Document,
        "description": "It is there already.",
        **json_example(EXAMPLE_DOCUMENT),
        **DOCUMENT_LINKS,
    },
    202: json_example(UPLOADED) | DOCUMENT_LINKS,
}
DOCUMENT: Final[Responses] = {
    # Of one that is ready: before that it has no text.
    200: json_example(EXAMPLE_DOCUMENT)
    | links({"get_document_text": "uuid", "get_passage": "uuid"})
}
PASSAGE: Final[Responses] = {200: json_example(EXAMPLE_PASSAGE)}
DOCUMENTS: Final[Responses] = {200: {"headers": LINK_HEADER, **json_example([EXAMPLE_DOCUMENT])}}


def _download(media_type: str, schema: dict[str, Any], headers: dict[str, Any]) -> Responses:
    """The answers of an endpoint that gives bytes, or some of them, out."""
    content = {media_type: {"schema": schema}}
    return {
        200: {"description": "All of it.", "content": content, "headers": headers},
        206: {
            "description": "The bytes that `Range` asks for.",
            "content": content,
            "headers": headers | {"Content-Range": CONTENT_RANGE_HEADER},
        },
        304: {"description": "What `If-None-Match` names is all of it.", "headers": headers},
        416: problems(RangeNotSatisfiable)[416]
        | {"headers": {"Content-Range": CONTENT_RANGE_HEADER}},
    }


ETAG_HEADER: Final = {
    "description": "The SHA-256 of all of it, quoted.",
    "schema": {"type": "string"},
}
CONTENT_RANGE_HEADER: Final = {
    "description": "Which bytes, of how many (RFC 9110, 14.4).",
    "schema": {"type": "string"},
}
DISPOSITION_HEADER: Final = {
    "description": "`attachment`, with the name of the file (RFC 6266).",
    "schema": {"type": "string"},
}
TEXT_DOWNLOAD: Final = _download("text/plain", {"type": "string"}, {"ETag": ETAG_HEADER})
FILE_DOWNLOAD: Final = _download(
    "*/*",  # the type that the document has
    {"type": "string", "format": "binary"},
    {"ETag": ETAG_HEADER, "Content-Disposition": DISPOSITION_HEADER},
)
