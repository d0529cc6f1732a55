"""What the OpenAPI document says of uploads, whose body is read by hand."""

from typing import Any, Final

METADATA: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": ["string", "integer", "boolean"]},
}

UPLOAD_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "additionalProperties": False,
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "Plain text, Markdown, HTML, PDF or DOCX.",
                        },
                        "title": {"type": "string"},
                        "source": {"type": "string"},
                        "metadata": {
                            "type": "string",
                            "contentMediaType": "application/json",
                            "contentSchema": METADATA,
                        },
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["text", "title"],
                    "additionalProperties": False,
                    "properties": {
                        "text": {"type": "string"},
                        "title": {"type": "string"},
                        "source": {"type": "string"},
                        "metadata": METADATA,
                    },
                },
                "example": {"text": "The API listens on port 8000.", "title": "Ports"},
            },
        },
    }
}
