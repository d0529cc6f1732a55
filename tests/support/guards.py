"""What holds in every test, without its asking: a plugin of pytest."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from sqlalchemy import Engine, event

from settings import Settings
from tests.support.temporary import prefer_memory


def pytest_configure() -> None:
    """Files are in memory, before anything asks where they are."""
    prefer_memory()


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> Iterator[None]:
    """The settings of the tests are theirs, whatever this machine's environment holds."""
    with pytest.MonkeyPatch.context() as patch:
        for name in Settings.model_fields:
            patch.delenv(name, raising=False)
        patch.setitem(Settings.model_config, "env_file", None)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_sql_on_the_event_loop() -> Iterator[None]:
    """SQL in a thread that runs an event loop is an error: psycopg2 is C, BlockBuster misses it."""
    event.listen(Engine, "before_cursor_execute", _refuse_in_event_loop)
    yield
    event.remove(Engine, "before_cursor_execute", _refuse_in_event_loop)


def _refuse_in_event_loop(*_: object) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AssertionError("SQL on the event loop")


@pytest.fixture(autouse=True)
def no_blocking_of_the_event_loop() -> Iterator[BlockBuster]:
    """A blocking call in a thread that runs an event loop is an error."""
    with blockbuster_ctx("app") as blockbuster:
        # The measurement of coverage has a lock of its own, which is no part of the service.
        acquire = blockbuster.functions["threading.Lock.acquire"]
        acquire.can_block_in("coverage/collector.py", "lock_data")
        yield blockbuster


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """An application logs to the standard error of its own test, not to that of a later one."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
