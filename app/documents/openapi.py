"""What the OpenAPI document says of uploads, whose body is read by hand."""

from typing import Any, Final

from app.documents.models import FileFields, TextDocument

FILE: Final[dict[str, Any]] = {
    "type": "string",
    "format": "binary",
    "description": "Plain text, Markdown, HTML, PDF or DOCX.",
}
TEXT: Final = TextDocument.model_json_schema()
FORM: Final = FileFields.model_json_schema()

UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": FORM
                | {"required": ["file"], "properties": {"file": FILE} | FORM["properties"]}
            },
            "application/json": {
                "schema": TEXT,
                "example": {"text": "The API listens on port 8000.", "title": "Ports"},
            },
        },
    }
}
