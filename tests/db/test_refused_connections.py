"""Servers that refuse a connection in words of their own."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg2
import pytest

from app.core.exceptions import DatabaseUnavailable, DatabaseUnusable
from tests.support.databases import opened


@asynccontextmanager
async def refusing(words: bytes) -> AsyncIterator[str]:
    """The URL of a server that refuses whoever comes with these words."""
    fields = b"SFATAL\0M" + words + b"\0\0"
    refusal = b"E" + struct.pack("!i", 4 + len(fields)) + fields

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(refusal)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://127.0.0.1:{port}/name?sslmode=disable&gssencmode=disable"


async def test_words_in_another_encoding() -> None:
    """What a server says in an encoding of its own is a reason like any other."""
    async with refusing("autenticación".encode("latin-1")) as url, opened(url) as database:
        with pytest.raises(DatabaseUnavailable) as raised:
            await database.ready()
    cause = raised.value.__cause__
    assert isinstance(getattr(cause, "orig", cause), psycopg2.OperationalError)
    assert "autenticaci" in str(cause)


@pytest.mark.parametrize(
    "words",
    [
        "unsupported startup parameter in options: role",
        "Feature not supported: RDS Proxy currently doesn\u2019t support command-line options.",
    ],
)
async def test_pooler_that_takes_no_options(words: str) -> None:
    """Where a pooler keeps us from taking our role, the operator is told what stands there."""
    async with refusing(words.encode()) as url, opened(url) as database:
        with pytest.raises(DatabaseUnusable, match="leads to a pooler"):
            await database.ready()
