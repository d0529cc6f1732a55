"""SMTP servers of these tests."""

from collections.abc import Iterator

import pytest

from tests.support.smtp_server import Certificate, SmtpServer


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A server that takes every mail, without TLS."""
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate that no public authority vouches for."""
    return Certificate(tmp_path_factory.mktemp("certificate"))
