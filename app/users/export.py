"""All that is a user's, as JSON lines: each says what it is."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import orjson

from app.core.caller import Caller
from app.db import Database, Row
from app.users.constants import EXPORT_BATCH


async def export(database: Database, caller: Caller) -> AsyncIterator[bytes]:
    """The user, their keys, sessions, chats, messages and documents, a line each.

    After a document come its passages, and its original bytes in parts. A batch is read when the
    one before it was taken: no connection is held meanwhile.
    """
    yield _line("user", await database.query(caller, "get_user"))
    for row in await database.query(caller, "list_api_keys"):
        yield _line("api_key", row)
    for row in await database.query(caller, "list_sessions"):
        yield _line("session", row)
    async for row in _batches(database, caller, "export_chats", "uuid", after=None):
        yield _line("chat", row)
    async for row in _batches(database, caller, "export_messages", "id", after=0):
        yield _line("message", row)
    async for row in _batches(database, caller, "export_documents", "uuid", after=None):
        yield _line("document", row)
        async for passage in _passages(database, caller, row):
            yield _line("passage", passage)
        async for part in _file(database, caller, row):
            yield _line("file", part)


async def _batches(
    database: Database, caller: Caller, query: str, key: str, after: Any
) -> AsyncIterator[Row]:
    while rows := await database.query(caller, query, after=after, limit=EXPORT_BATCH):
        for row in rows:
            yield row
        after = rows[-1][key]


async def _passages(database: Database, caller: Caller, document: Row) -> AsyncIterator[Row]:
    first = 0
    while rows := await database.query(
        caller, "export_passages", document_uuid=document["uuid"], first=first, limit=EXPORT_BATCH
    ):
        for row in rows:
            yield row
        first = rows[-1]["ordinal"] + 1


async def _file(database: Database, caller: Caller, document: Row) -> AsyncIterator[Row]:
    ordinal = 0
    while part := await database.query(
        caller,
        "get_content_part",
        document_uuid=document["uuid"],
        kind="file",
        ordinal=ordinal,
        sha256=document["sha256"],
    ):
        base64 = b64encode(part).decode()
        yield {"document_uuid": document["uuid"], "ordinal": ordinal, "base64": base64}
        ordinal += 1


def _line(kind: str, row: Row) -> bytes:
    return orjson.dumps({"type": kind, **row}, option=orjson.OPT_APPEND_NEWLINE)
