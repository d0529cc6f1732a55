"""What the OpenAPI document says of people and keys: examples."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from app.core.caller import Scope
from app.core.openapi import Responses, json_example, links
from app.users.models import Accepted, ApiKey, CreatedApiKey, User

MOMENT: Final = datetime(2026, 11, 26, 12, tzinfo=UTC)
EXAMPLE_USER: Final = User(
    uuid=UUID("6a1f0f6e-5d0c-4b57-9a53-0f4c8a3c9d11"), email="ann@example.com", created_at=MOMENT
)
EXAMPLE_KEY: Final = ApiKey(
    uuid=UUID("0b7c2f5e-9a44-4c7e-8f0e-6a2f5d1c3b21"),
    name="nightly import",
    scopes=[Scope.INGEST],
    prefix="brag_3Fq9",
    last_four="k2Xw",
    created_at=MOMENT,
    expires_at=None,
    last_used_at=None,
)
EXAMPLE_CREATED: Final = CreatedApiKey(
    **EXAMPLE_KEY.model_dump(), key="brag_3Fq9… (41 characters, shown once)"
)

ACCEPTED: Final[Responses] = {202: json_example(Accepted(message=Accepted().message))}
LOGGED_IN: Final[Responses] = {
    200: {
        **json_example(EXAMPLE_USER),
        "headers": {
            "Set-Cookie": {
                "description": "The session: HttpOnly, SameSite=Lax, Secure outside local.",
                "schema": {"type": "string"},
            }
        },
    }
}
USER: Final[Responses] = {200: json_example(EXAMPLE_USER)}
EXPORT: Final[Responses] = {
    200: {
        "description": "A JSON object in each line, whose `type` is user, api_key, session, chat, "
        "message, document, passage or file: a part of a document's original, in base64.",
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"type":"user","email":"ann@example.com"}\n',
            }
        },
    }
}
CREATED_KEY: Final[Responses] = {
    201: json_example(EXAMPLE_CREATED) | links({"delete_api_key": "uuid"})
}
KEYS: Final[Responses] = {200: json_example([EXAMPLE_KEY])}
