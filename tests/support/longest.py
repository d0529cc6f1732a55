"""Test files that take ten seconds or more: one that began last would be waited for alone."""

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
    """The place of a test among the others; those of equal rank keep their order."""
    file = item.nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
