"""Keys in Postgres, as their tests claim them."""

import asyncio
from typing import Any

from app.core.caller import Caller
from app.idempotency.models import Answer
from app.idempotency.services import IdempotencyService, Lease
from tests.support.psql import run_sql
from tests.support.users import ANN

REQUEST = b"1" * 32
ANSWER = Answer(201, "application/json", {"x-message-uuid": "u"}, b"\x00\xff")
ABANDON = "UPDATE idempotency_key SET leased_until = clock_timestamp()"
EXPIRE = "UPDATE idempotency_key SET expires_at = clock_timestamp()"


async def claim(keys: IdempotencyService, caller: Caller = ANN, request: bytes = REQUEST) -> Lease:
    """The lease of the key, which must be free."""
    claimed = await keys.claim(caller, "k", request)
    assert isinstance(claimed, Lease)
    return claimed


async def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What an operator would do with psql."""
    return await asyncio.to_thread(run_sql, url, statement)
