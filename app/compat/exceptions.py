"""Why a request of the OpenAI API is refused.

BragError
├── BadRequest
│   └── UnsupportedParameter        400 bad_request
└── ContextLengthExceeded
    └── TextTooLong                 422 context_length_exceeded
"""

from app.chat.exceptions import ContextLengthExceeded
from app.core.exceptions import BadRequest


class UnsupportedParameter(BadRequest):
    """The request asks for what this service cannot do."""

    detail = "This parameter is not supported here."

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.loc = ("body", name)


class TextTooLong(ContextLengthExceeded):
    """A text has more tokens than the embedding model reads."""

    loc = ("body", "input")

    def __init__(self, number: int, tokens: int) -> None:
        super().__init__()
        self.detail = (
            f"Text {number} has more than {tokens} tokens, which the embedding model reads: "
            "split it."
        )
