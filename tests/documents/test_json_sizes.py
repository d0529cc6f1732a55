"""How much a JSON holds, told before it is read."""

import json
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import json_sizes
from app.documents.json_sizes import STRUCTURE, has_few_values
from tests.support.server import problem_of
from tests.support.uploads import DOCUMENTS, post_file

TEXT = st.text('a"\\[{,: \n', max_size=40)
JSON_VALUES = st.recursive(
    TEXT | st.integers(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def structure_of(value: Any) -> int:
    """How many brackets, commas and colons a value is written with."""
    if isinstance(value, dict):
        inner = sum(map(structure_of, value.values()))
        return 1 + len(value) + max(0, len(value) - 1) + inner
    if isinstance(value, list):
        return 1 + max(0, len(value) - 1) + sum(map(structure_of, value))
    return 0


class TestHasFewValues:
    """Structure is counted, and what is within strings is not."""

    @pytest.mark.parametrize("step", [2, 4, 2**16])
    @given(value=JSON_VALUES)
    def test_counts_structure(self, step: int, value: Any) -> None:
        """Whatever the strings hold, and wherever they are cut, exactly the structure counts."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_sizes, "STEP", step)
            written, count = json.dumps(value).encode(), structure_of(value)
            assert has_few_values(written, count)
            assert not count or not has_few_values(written, count - 1)

    def test_a_text_of_structure_is_one_value(self) -> None:
        """A long text of brackets, quotes and backslashes is one value."""
        written = json.dumps(
            {"text": "".join(map(bytes.decode, STRUCTURE)) * 10_000 + '"\\' * 50_000}
        )
        assert has_few_values(written.encode(), 2)


class TestUploads:
    """Uploads that hold more than a text and what is said of it."""

    async def test_countless_values_are_refused(self, shared_client: httpx2.AsyncClient) -> None:
        """A JSON of countless lists is refused before it is read."""
        body = '{"title": "Ducks", "text": [' + "[]," * 100_000 + "[]]}"
        headers = {"Content-Type": "application/json"}
        response = await shared_client.post(DOCUMENTS, content=body, headers=headers)
        assert problem_of(response)["code"] == "bad_request"

    async def test_metadata_of_countless_values_is_refused(
        self, shared_client: httpx2.AsyncClient
    ) -> None:
        """So is the metadata of a form."""
        metadata = '{"a": [' + "[]," * 100_000 + "[]]}"
        response = await post_file(shared_client, b"Ducks", metadata=metadata)
        assert problem_of(response)["code"] == "bad_request"
