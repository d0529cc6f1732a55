"""Keys in Postgres: how long they are held and kept, and who may see them."""

import asyncio
import logging
from dataclasses import replace
from uuid import uuid4

import pytest

from app.core.caller import NOBODY, Caller
from app.db import Database
from app.idempotency.exceptions import RequestUnderWay
from app.idempotency.models import Answer
from app.idempotency.services import IdempotencyService
from tests.idempotency.keys import ABANDON, ANSWER, EXPIRE, REQUEST, claim, sql
from tests.support.databases import execute, opened
from tests.support.postgres_proxy import PostgresProxy
from tests.support.users import ANN, BOB
from tests.support.waiting import until


class TestLease:
    async def test_kept(
        self,
        keys: IdempotencyService,
        own_database_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A lease is renewed for as long as its request is under way."""
        monkeypatch.setattr("app.idempotency.services.RENEW_SEC", 0.01)
        lease = await claim(keys)
        await sql(own_database_url, ABANDON)
        keeping = asyncio.create_task(lease.keep())

        async def is_renewed() -> bool:
            return bool(
                await sql(
                    own_database_url,
                    "SELECT key FROM idempotency_key WHERE leased_until > now() + interval '10 s'",
                )
            )

        await until(is_renewed)
        await lease.finish(ANSWER)
        await asyncio.wait_for(keeping, 5)

    async def test_lost(
        self,
        keys: IdempotencyService,
        own_database_url: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A process that lost its lease neither answers for the other nor gives its key up."""
        lost = await claim(keys)
        await sql(own_database_url, ABANDON)
        also_lost = await claim(keys)
        await lost.finish(ANSWER)
        assert "lost to another process" in caplog.text
        await sql(own_database_url, ABANDON)
        kept = await claim(keys)
        await also_lost.release()
        with pytest.raises(RequestUnderWay):
            await keys.claim(ANN, "k", REQUEST)
        other = Answer(200, None, {}, b"")
        await kept.finish(other)
        await kept.release()
        assert await keys.claim(ANN, "k", REQUEST) == other

    async def test_message_is_gone(
        self,
        keys: IdempotencyService,
        own_database_url: str,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """An answer whose message was deleted before it could be kept is not, and a log says so."""
        await (await claim(keys)).finish(replace(ANSWER, answer_uuid=uuid4()))
        assert "left to run out" in caplog.text
        await sql(own_database_url, ABANDON)
        await claim(keys)

    async def test_database_gone(
        self, own_database_url: str, people: None, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Without Postgres the lease is left to run out, and a log says so."""
        caplog.set_level(logging.WARNING)
        async with PostgresProxy(own_database_url) as proxy, opened(proxy.url) as database:
            lease = await claim(IdempotencyService(database))
            await proxy.refuse()
            await lease.finish(ANSWER)
        assert "left to run out" in caplog.text


class TestExpire:
    async def test_deleted(
        self,
        keys: IdempotencyService,
        own_database_url: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Expired keys are deleted, however many there are, and others stay."""
        monkeypatch.setattr("app.idempotency.services.EXPIRE_AT_ONCE", 2)
        for name in "abcde":
            await keys.claim(ANN, name, REQUEST)
        await sql(own_database_url, EXPIRE)
        await claim(keys)
        expiring = asyncio.create_task(keys.expire())

        async def is_done() -> bool:
            return await sql(own_database_url, "SELECT key FROM idempotency_key") == [("k",)]

        await until(is_done)
        expiring.cancel()

    async def test_database_gone(
        self,
        own_database_url: str,
        people: None,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """While Postgres is away a log says so; the keys are deleted once it is back."""
        monkeypatch.setattr("app.idempotency.services.EXPIRE_SEC", 0.01)
        async with PostgresProxy(own_database_url) as proxy, opened(proxy.url) as database:
            keys = IdempotencyService(database)
            await claim(keys)
            await sql(own_database_url, EXPIRE)
            await proxy.refuse()
            expiring = asyncio.create_task(keys.expire())
            await until(lambda: "Could not delete expired keys" in caplog.text)
            await proxy.resume()

            async def is_empty() -> bool:
                return not await sql(own_database_url, "SELECT key FROM idempotency_key")

            await until(is_empty)
            expiring.cancel()


class TestPolicies:
    COUNT = "SELECT count(*) FROM idempotency_key"

    @pytest.mark.parametrize(("caller", "count"), [(ANN, 1), (NOBODY, 1), (BOB, 0)])
    async def test_seen(
        self, keys: IdempotencyService, database: Database, caller: Caller, count: int
    ) -> None:
        """Whatever a query says, it finds the keys of its caller alone."""
        await claim(keys, ANN)
        await claim(keys, NOBODY)
        found = await database.run(caller, lambda queries: execute(queries, self.COUNT))
        assert found == [count]

    async def test_deleted_user(self, keys: IdempotencyService, own_database_url: str) -> None:
        """A user who is deleted leaves no answers behind."""
        await (await claim(keys)).finish(ANSWER)
        await claim(keys, BOB)
        await sql(own_database_url, "DELETE FROM users WHERE email = 'ann@example.com'")
        assert await sql(own_database_url, "SELECT user_id FROM idempotency_key") == [
            (BOB.user_id,)
        ]
