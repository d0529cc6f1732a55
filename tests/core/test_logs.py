"""What is logged, and what is not."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from app.core.exceptions import DatabaseUnavailable
from app.core.logs import configure_logs, reason, request_id
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import error
from tests.support.server import serve

PROMPT = "My bank account number is 4711"
ANSWER = f"Echo: {PROMPT}"
KEY = "sk-do-not-tell"
REFUSED = """connection to server at "localhost" (::1), port 1 failed: Connection refused
\tIs the server running on that host and accepting TCP/IP connections?
"""
NO_PASSWORD = 'connection to server at "localhost" (127.0.0.1), port 1 failed: FATAL:  no password'
Logged = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Logged:
    """What was logged so far, each line a JSON object."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture
def request_of_mine() -> Iterator[None]:
    """A request under way whose id is `mine`."""
    token = request_id.set("mine")
    yield
    request_id.reset(token)


class TestJson:
    """Lines for machines."""

    @pytest.mark.usefixtures("request_of_mine")
    def test_line_has_every_field(self, logged: Logged) -> None:
        """A line says when, how grave, who, what, for which request, and what else there is."""
        configure_logs(Settings(ENVIRONMENT="production"))
        logging.getLogger("app.x").warning("Half of %d\nlines", 2, extra={"odd": {1: object}})
        [line] = logged()
        assert line.pop("time").endswith("+00:00")
        assert line == {
            "level": "WARNING",
            "logger": "app.x",
            "message": "Half of 2\nlines",
            "request_id": "mine",
            "odd": {"1": "<class 'object'>"},
        }

    def test_exception_is_one_line(self, logged: Logged) -> None:
        """An exception is logged in one line."""
        configure_logs(Settings(LOG_FORMAT="json"))
        logging.getLogger("app.x").error("It failed", exc_info=ValueError("oops"))
        [line] = logged()
        assert line["exception"].endswith("ValueError: oops")
        assert line["request_id"] is None

    def test_half_a_character_is_logged(self, logged: Logged) -> None:
        """A text that is no Unicode does not keep a line from being logged."""
        configure_logs(Settings(LOG_FORMAT="json"))
        logging.getLogger("app.x").warning("half \ud83e", extra={"name_of_it": "\ud83e"})
        [line] = logged()
        assert line["message"].startswith("half ")

    def test_lower_levels_are_not_logged(self, logged: Logged) -> None:
        """What is below LOG_LEVEL is not logged."""
        configure_logs(Settings(LOG_FORMAT="json", LOG_LEVEL="WARNING"))
        logging.getLogger("app.x").info("Nothing much")
        assert logged() == []

    @pytest.mark.parametrize("library", ["httpx", "httpx2"])
    def test_own_requests_are_not_logged(self, logged: Logged, library: str) -> None:
        """A request to Qdrant or to the model is not logged."""
        configure_logs(Settings(LOG_FORMAT="json"))
        logging.getLogger(library).info("HTTP Request: GET http://127.0.0.1")
        assert logged() == []


class TestText:
    """Lines for people."""

    @pytest.mark.usefixtures("request_of_mine")
    def test_line_has_every_field(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line says when, how grave, who, what, what else there is and for which request."""
        configure_logs(Settings())
        logging.getLogger("app.x").warning("Half of %d", 2, extra={"odd": 1})
        line = capsys.readouterr().err
        assert line.endswith(" WARNING app.x: Half of 2 odd=1 [mine]\n")

    def test_line_outside_of_a_request_has_no_id(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A line that is logged outside of a request has no id."""
        configure_logs(Settings())
        logging.getLogger("app.x").warning("Hello")
        assert capsys.readouterr().err.endswith(" [-]\n")


class TestPrivacy:
    """Prompts, answers and keys, which are in no log."""

    @pytest.mark.parametrize("path", ["/v1/completion", "/v1/completion-stream", "/v1/qa-create"])
    async def test_answers_and_keys_are_not_logged(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str], path: str
    ) -> None:
        """Neither the prompt nor the answer nor a key is logged."""
        settings = make_settings(OPENAI_API_KEY=KEY, LOG_FORMAT="json")
        async with serve(settings) as client:
            await client.post(path, json={"message": PROMPT})
        log = capsys.readouterr().err
        assert "POST" in log
        assert not [secret for secret in (PROMPT, "4711", "Echo", KEY) if secret in log]

    async def test_failed_call_is_logged_without_the_prompt(
        self,
        make_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A failed call is logged with the request's id, and without the prompt or the key."""
        fake_openai.reply(error(401))
        settings = make_settings(OPENAI_API_KEY=KEY, LOG_FORMAT="json")
        async with serve(settings) as client:
            headers = {"X-Request-ID": "mine"}
            await client.post("/v1/completion", json={"message": PROMPT}, headers=headers)
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        [line] = [line for line in lines if line["logger"] == "app.chat.upstream"]
        assert (line["level"], line["request_id"]) == ("WARNING", "mine")
        assert "401" in line["message"]
        assert not [secret for secret in ("4711", KEY) if secret in json.dumps(lines)]


class TestReason:
    """Why a part is unavailable."""

    @pytest.fixture
    def without_database(self, make_settings: SettingsFactory, postgres_url: str) -> Settings:
        """Settings that name a database that its server does not have, and a password."""
        parts = urlsplit(postgres_url)
        assert parts.username
        assert not parts.password
        netloc = parts.netloc.replace("@", f":{KEY}@")
        url = parts._replace(netloc=netloc, path="/missing").geturl()
        return make_settings(DATABASE_URL=url, LOG_FORMAT="json")

    async def test_failed_request_says_why_without_the_password(
        self, without_database: Settings, logged: Logged
    ) -> None:
        """The log says why a request failed, without the password of the database."""
        async with serve(without_database) as client:
            await client.get("/v1/messages")
        lines = logged()
        [line] = [line for line in lines if line["logger"] == "app.core.exceptions"]
        assert line["cause"].endswith('FATAL:  database "missing" does not exist')
        assert KEY not in str(lines)

    async def test_failed_check_says_why_once(
        self, without_database: Settings, logged: Logged
    ) -> None:
        """The log says why a check fails once, however many probes meet that."""
        async with serve(without_database) as client:
            for _ in range(3):
                await client.get("/readiness")
        lines = logged()
        [line] = [line for line in lines if line["logger"] == "app.core.api"]
        assert line["level"] == "WARNING"
        assert line["message"].startswith("postgres is unavailable: The database of DATABASE_URL")
        assert "run `make migrate`" in line["message"]
        assert line["message"].endswith('database "missing" does not exist)')
        assert KEY not in str(lines)

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            (REFUSED, REFUSED.splitlines()[0]),
            (REFUSED + NO_PASSWORD, f"{REFUSED.splitlines()[0]}: {NO_PASSWORD}"),
            ('host name "sword fish@db" is wrong\nDETAIL', 'host name "…@db" is wrong'),
            ("no http://me:swordfish@db", "no …@db"),
        ],
    )
    def test_reason_is_one_line_without_passwords(self, message: str, expected: str) -> None:
        """A reason is one line on all addresses tried, without what may be of a password."""
        error = DatabaseUnavailable()
        error.__cause__ = psycopg2.OperationalError(message)
        assert reason(error) == f"OperationalError: {expected}"
