"""The files that take ten seconds or more: whoever begins them last waits for them alone."""

from typing import Final

import pytest

LONGEST: Final = (
    "tests/embedded/test_launcher.py",
    "tests/evaluation/test_main.py",
    "tests/documents/test_command_line.py",
    "tests/documents/test_replacement.py",
    "tests/test_examples.py",
    "tests/embedded/test_stop.py",
    "tests/embedded/test_postgres.py",
    "tests/linear/test_endpoints.py",
    "tests/documents/ingestion/test_crash.py",
    "tests/test_migrations.py",
)


def rank(item: pytest.Item) -> int:
    """Where a test comes among the others; equal ones stay in the order in which they are."""
    file = item.nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
