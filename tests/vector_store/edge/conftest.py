"""What the tests of Qdrant Edge share: where their collection lies."""

from pathlib import Path

import pytest


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """The folder of a collection that is not there yet."""
    return tmp_path / "demo"
