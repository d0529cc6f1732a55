"""Limits, as the people who meet them see them."""

import asyncio

import httpx2

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import stream
from tests.support.people import bearer, logged_in, make_key
from tests.support.server import problem_of, serve
from tests.support.waiting import until


class TestRate:
    async def test_each_key_and_each_user_has_their_own(
        self, make_settings: SettingsFactory
    ) -> None:
        """A user, each of their keys, and an address of nobody's have a limit each."""
        settings = make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=3)
        async with serve(settings) as client, logged_in(settings, client, "ann@example.com") as ann:
            key = await make_key(ann)
            left = [(await ann.get("/v1/me")).headers["ratelimit"] for _ in range(2)]
            assert [told.split(";")[1] for told in left] == ["r=1", "r=0"]
            refused = await ann.get("/v1/me")
            assert problem_of(refused)["code"] == "rate_limited"
            assert 0 < int(refused.headers["retry-after"]) <= 60
            assert refused.headers["ratelimit-policy"] == '"default";q=3;w=60'
            assert (await client.get("/v1/me", headers=bearer(key))).status_code == 200

    async def test_guesses_count(self, make_settings: SettingsFactory) -> None:
        """Who tries one wrong key after the other is told to wait."""
        settings = make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=3)
        async with serve(settings) as client:
            statuses = [
                (await client.get("/v1/me", headers=bearer(f"brag_{n}"))).status_code
                for n in range(5)
            ]
        assert statuses == [401, 401, 401, 429, 429]

    async def test_health_does_not_count(self, make_settings: SettingsFactory) -> None:
        """A balancer asks as often as it likes."""
        async with serve(make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=1)) as client:
            for _ in range(3):
                response = await client.get("/healthcheck")
                assert response.status_code == 200
                assert "ratelimit" not in response.headers


class TestMails:
    async def test_sixth_mail_of_an_hour(self, make_settings: SettingsFactory) -> None:
        """Nobody is mailed more than five links an hour, known or not."""
        async with serve(make_settings()) as client:
            for path in ("/v1/users", "/v1/login", "/v1/users", "/v1/login", "/v1/users"):
                response = await client.post(path, json={"email": "ann@example.com"})
                assert response.status_code == 202
            refused = await client.post("/v1/login", json={"email": "Ann@example.com"})
            assert problem_of(refused)["code"] == "rate_limited"
            assert 3500 < int(refused.headers["retry-after"]) <= 3600
            other = await client.post("/v1/login", json={"email": "bob@example.com"})
            assert other.status_code == 202


class TestGenerations:
    async def test_fifth_answer_at_once(
        self,
        guarded: Settings,
        fake_openai: FakeOpenAI,
        nobody: httpx2.AsyncClient,
        ann: httpx2.AsyncClient,
        bob: httpx2.AsyncClient,
    ) -> None:
        """A user has four answers generated at a time, with whichever keys; others go on."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"), times=5)
        key = await make_key(ann)
        question = {"message": "Hello"}
        running = [
            asyncio.create_task(client.post(COMPLETION_STREAM, json=question, headers=headers))
            for client, headers in (
                (ann, {}),
                (ann, {}),
                (nobody, bearer(key)),
                (nobody, bearer(key)),
            )
        ]
        await until(lambda: len(fake_openai.requests) == 4)
        for path in (COMPLETION, COMPLETION_STREAM):
            refused = await ann.post(path, json=question)
            assert problem_of(refused)["code"] == "rate_limited"
            assert refused.headers["retry-after"] == "1"
        other = asyncio.create_task(bob.post(COMPLETION_STREAM, json=question))
        await until(lambda: len(fake_openai.requests) == 5)
        released.set()
        answers = await asyncio.gather(*running, other)
        assert [answer.status_code for answer in answers] == [200] * 5
        assert (await ann.post(COMPLETION, json=question)).status_code == 200
