"""Keys in Postgres: who gets one that another request has, or had."""

import asyncio

import pytest

from app.core.caller import NOBODY, Caller
from app.idempotency.exceptions import IdempotencyKeyReused, RequestUnderWay
from app.idempotency.services import IdempotencyService, Lease
from tests.idempotency.keys import ABANDON, ANSWER, EXPIRE, REQUEST, claim, sql
from tests.support.users import ANN, BOB


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
