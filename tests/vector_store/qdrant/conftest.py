"""The server of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.qdrant_double import QdrantDouble
from tests.support.qdrant_store import KEY


@pytest.fixture
def double(tmp_path: Path) -> Iterator[QdrantDouble]:
    """A server that asks for a key."""
    with QdrantDouble(tmp_path, api_key=KEY.get_secret_value()) as double:
        yield double
