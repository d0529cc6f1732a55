"""What gunicorn is put under load with."""

from collections.abc import Iterator

import pytest

from tests.support.deployment import Deployment, deployed


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """All parts but gunicorn, for the whole session."""
    with deployed() as deployment:
        yield deployment
