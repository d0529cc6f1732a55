"""What all request bodies have in common."""

import pytest
from pydantic import ValidationError

from app.core.constants import MAX_FIELD_ERRORS
from app.core.models import RequestModel


class Question(RequestModel):
    """A body with one field."""

    message: str


class TestRequestModel:
    def test_few_of_countless_fields_are_named(self) -> None:
        """Of countless unknown fields the first are named: an error for each takes gigabytes."""
        fields = {f"field{n}": n for n in range(10_000)}
        with pytest.raises(ValidationError) as refusal:
            Question.model_validate(fields | {"message": 5})
        assert [error["loc"] for error in refusal.value.errors()] == [
            ("message",),
            *((f"field{n}",) for n in range(MAX_FIELD_ERRORS)),
        ]
