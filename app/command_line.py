"""What every command line opens: Postgres, also the embedded one where no server runs."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from app.db import Database, open_database
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings


@asynccontextmanager
async def open_any_database(settings: Settings) -> AsyncIterator[Database]:
    """The database of DATABASE_URL, else the embedded one under DATA_DIR, started if it is down."""
    async with AsyncExitStack() as stack:
        if settings.DATABASE_URL is None:
            is_new = not await asyncio.to_thread(settings.DATA_DIR.exists)
            postgres = await asyncio.to_thread(EmbeddedPostgres, settings.DATA_DIR)
            url = await stack.enter_async_context(_running(postgres))
            await asyncio.to_thread(migrate, url)
            if is_new:  # a mistyped folder makes one too
                sys.stderr.write(f"This is a new knowledge base: {settings.DATA_DIR.absolute()}\n")
            settings = settings.model_copy(update={"DATABASE_URL": SecretStr(url)})
        database = await stack.enter_async_context(open_database(settings))
        await database.ready()
        yield database


@asynccontextmanager
async def _running(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """Starts it and stops it again, also if the command is broken off while it starts."""
    starting = asyncio.ensure_future(asyncio.to_thread(postgres.start))
    try:
        yield await asyncio.shield(starting)
    finally:
        await asyncio.wait([starting])
        if starting.exception() is None:
            await asyncio.to_thread(postgres.stop)
