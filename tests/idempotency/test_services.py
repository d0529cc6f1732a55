"""Keys in Postgres: who has them, for how long, and who may see them."""

import asyncio
import logging
from typing import Any

import pytest

from app.core.caller import NOBODY, Caller
from app.db import Database
from app.idempotency.exceptions import IdempotencyKeyReused, RequestUnderWay
from app.idempotency.models import Answer
from app.idempotency.services import IdempotencyService, Lease
from tests.support.databases import execute, opened
from tests.support.postgres_proxy import PostgresProxy
from tests.support.psql import run_sql
from tests.support.users import ANN, BOB
from tests.support.waiting import until

REQUEST = b"1" * 32
ANSWER = Answer(201, "application/json", {"x-message-uuid": "u"}, b"\x00\xff")
ABANDON = "UPDATE idempotency_key SET leased_until = clock_timestamp()"
EXPIRE = "UPDATE idempotency_key SET expires_at = clock_timestamp()"


@pytest.fixture
def keys(database: Database) -> IdempotencyService:
    """The service of keys."""
    return IdempotencyService(database)


async def claim(keys: IdempotencyService, caller: Caller = ANN, request: bytes = REQUEST) -> Lease:
    """The lease of the key, which must be free."""
    claimed = await keys.claim(caller, "k", request)
    assert isinstance(claimed, Lease)
    return claimed


async def sql(url: str, statement: str) -> list[tuple[Any, ...]]:
    """What an operator would do with psql."""
    return await asyncio.to_thread(run_sql, url, statement)


class TestClaim:
    @pytest.mark.parametrize("caller", [ANN, NOBODY])
    async def test_finished(self, keys: IdempotencyService, caller: Caller) -> None:
        """What a request was answered is stored byte for byte, also for nobody."""
        await (await claim(keys, caller)).finish(ANSWER)
        assert await keys.claim(caller, "k", REQUEST) == ANSWER

    async def test_other_key(self, keys: IdempotencyService) -> None:
        """Another key is another request."""
        await (await claim(keys)).finish(ANSWER)
        assert isinstance(await keys.claim(ANN, "K", REQUEST), Lease)

    @pytest.mark.parametrize("caller", [ANN, NOBODY])
    async def test_under_way(self, keys: IdempotencyService, caller: Caller) -> None:
        """A key whose request is under way is refused."""
        await claim(keys, caller)
        with pytest.raises(RequestUnderWay):
            await keys.claim(caller, "k", REQUEST)

    async def test_other_request(self, keys: IdempotencyService, own_database_url: str) -> None:
        """Another request is refused: while the first is under way, abandoned and answered."""
        lease = await claim(keys)
        for _ in range(2):
            with pytest.raises(IdempotencyKeyReused):
                await keys.claim(ANN, "k", b"2" * 32)
            await sql(own_database_url, ABANDON)
        await lease.finish(ANSWER)
        with pytest.raises(IdempotencyKeyReused):
            await keys.claim(ANN, "k", b"2" * 32)

    async def test_released(self, keys: IdempotencyService) -> None:
        """A key that was released is free, also for another request."""
        await (await claim(keys)).release()
        await claim(keys, request=b"2" * 32)

    async def test_two_owners(self, keys: IdempotencyService) -> None:
        """The same key of Ann, Bob and nobody are three."""
        leases = [await claim(keys, caller) for caller in (ANN, BOB, NOBODY)]
        await leases[0].finish(ANSWER)
        assert await keys.claim(ANN, "k", REQUEST) == ANSWER
        for caller in (BOB, NOBODY):
            with pytest.raises(RequestUnderWay):
                await keys.claim(caller, "k", REQUEST)

    @pytest.mark.parametrize("caller", [ANN, NOBODY])
    async def test_abandoned(
        self, keys: IdempotencyService, own_database_url: str, caller: Caller
    ) -> None:
        """Of ten that come for a key of a dead process exactly one gets it."""
        await claim(keys, caller)
        await sql(own_database_url, ABANDON)
        claims = (keys.claim(caller, "k", REQUEST) for _ in range(10))
        results = await asyncio.gather(*claims, return_exceptions=True)
        assert sum(isinstance(result, Lease) for result in results) == 1
        assert sum(isinstance(result, RequestUnderWay) for result in results) == 9

    async def test_at_once(self, keys: IdempotencyService) -> None:
        """Of ten that come with a new key at once exactly one gets it."""
        claims = (keys.claim(NOBODY, "k", REQUEST) for _ in range(10))
        results = await asyncio.gather(*claims, return_exceptions=True)
        assert sum(isinstance(result, Lease) for result in results) == 1
        assert sum(isinstance(result, RequestUnderWay) for result in results) == 9

    async def test_expired(self, keys: IdempotencyService, own_database_url: str) -> None:
        """A key that has expired is as if it were not there, also for another request."""
        await (await claim(keys)).finish(ANSWER)
        await sql(own_database_url, EXPIRE)
        lease = await claim(keys, request=b"2" * 32)
        with pytest.raises(RequestUnderWay):
            await keys.claim(ANN, "k", b"2" * 32)
        await lease.finish(ANSWER)
        assert await keys.claim(ANN, "k", b"2" * 32) == ANSWER

    async def test_kept_for_a_day(self, keys: IdempotencyService, own_database_url: str) -> None:
        """A key is kept for 24 hours, and its lease for 15 seconds."""
        await claim(keys)
        [(day, lease)] = await sql(
            own_database_url,
            "SELECT extract(epoch FROM expires_at - now())::float8,"
            " extract(epoch FROM leased_until - now())::float8 FROM idempotency_key",
        )
        assert 86_390 < day <= 86_400
        assert 10 < lease <= 15


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
