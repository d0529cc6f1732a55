"""What the tests of the embedded Postgres share: one that each starts and stops anew."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.postgres import EmbeddedPostgres


@pytest.fixture(scope="module")
def data_dir(open_folder: Path) -> Path:
    """A data directory whose Postgres every test starts and stops anew.

    What a killed initdb would have left is there before the first start.
    """
    data_dir = open_folder / "data"
    draft = data_dir / "postgres" / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    return data_dir


@pytest.fixture
def running_url(data_dir: Path) -> Iterator[str]:
    """The URL of a running Postgres."""
    with EmbeddedPostgres(data_dir) as url:
        yield url
