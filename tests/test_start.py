"""What a start says: what it asks and where, and what an operator should mend."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from app.start import say_settings
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import refusing_url
from tests.support.psql import sql
from tests.support.server import problem_of, serve
from tests.support.template import Template, execute
from tests.support.uploads import ended, post_text
from tests.support.waiting import until

MIGRATE = "run `make migrate`"


@pytest.fixture
def bare_url(own_database_url: str) -> str:
    """A database that has nothing in it."""
    execute(own_database_url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return own_database_url


async def postgres_detail(client: httpx2.AsyncClient) -> str:
    """What /readiness says of Postgres, which fails."""
    response = await client.get("/readiness")
    assert response.status_code == 503
    return str(response.json()["checks"]["postgres"]["detail"])


class TestSettings:
    """What the settings mean."""

    @pytest.fixture(autouse=True)
    def _logged(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        with caplog.at_level("INFO", "app.start"):
            yield

    def test_model_and_place_are_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """The start says which model it asks and where, without what is secret."""
        say_settings(Settings(OPENAI_BASE_URL="https://me:swordfish@llm.example/v1?key=swordfish"))
        assert caplog.messages[0] == (
            "Questions go to the model gpt-4o-mini at https://llm.example/v1"
        )
        say_settings(Settings(OPENAI_API_KEY=SecretStr("key")))
        assert "at https://api.openai.com/v1" in caplog.text

    def test_fallbacks_are_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """The start says which models it asks else, and where, without what is secret."""
        elsewhere = {
            "model": "b",
            "base_url": "https://me:swordfish@b.example",
            "api_key": "swordfish",
        }
        say_settings(Settings.model_validate({"OPENAI_FALLBACKS": ["a", elsewhere]}))
        assert (
            "Where that fails, they go to the model a at https://api.openai.com/v1" in caplog.text
        )
        assert "Where that fails, they go to the model b at https://b.example" in caplog.text
        assert "swordfish" not in caplog.text

    def test_default_that_is_not_allowed_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        """The start says that the default model is not among those that are allowed."""
        say_settings(Settings(OPENAI_ALLOWED_MODELS=["small"], OPENAI_MODEL="small"))
        assert "OPENAI_ALLOWED_MODELS" not in caplog.text
        say_settings(Settings(OPENAI_ALLOWED_MODELS=["small"]))
        assert "OPENAI_MODEL gpt-4o-mini is not among OPENAI_ALLOWED_MODELS" in caplog.text

    def test_misspelt_setting_is_told(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The start names what is nearly a setting, and not its value."""
        monkeypatch.setenv("OPEN_AI_KEY", "swordfish")
        say_settings(Settings())
        assert "OPEN_AI_KEY is no setting, and does nothing: is OPENAI_API_KEY" in caplog.text
        assert "swordfish" not in caplog.text


class TestDatabase:
    """A database that is not as it has to be."""

    async def test_database_without_migrations(
        self,
        make_settings: SettingsFactory,
        bare_url: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Without migrations the log, /readiness and every 503 say what to run."""
        async with serve(make_settings(DATABASE_URL=SecretStr(bare_url))) as client:
            assert MIGRATE in await postgres_detail(client)
            for method, path in (("GET", "/v1/messages"), ("POST", "/v1/completion")):
                json = {"message": "Hello"} if method == "POST" else None
                problem = problem_of(await client.request(method, path, json=json))
                assert (problem["status"], problem["code"]) == (503, "database_unavailable")
                assert MIGRATE in problem["detail"]
        log = capsys.readouterr().err
        assert "app.start: The service begins its work when this is mended: The migra" in log
        assert "Traceback" not in log

    async def test_database_that_is_not_there(
        self, make_settings: SettingsFactory, own_database_url: str
    ) -> None:
        """Without the database the same is said."""
        url = SecretStr(own_database_url.replace("/copy_", "/missing_"))
        async with serve(make_settings(DATABASE_URL=url)) as client:
            assert MIGRATE in await postgres_detail(client)
            assert MIGRATE in problem_of(await client.get("/v1/documents"))["detail"]

    async def test_database_in_another_encoding(
        self, make_settings: SettingsFactory, template: Template
    ) -> None:
        """A database that cannot hold every text is not ready, and answers with what to do."""
        with template.in_encoding("LATIN1") as url:
            async with serve(make_settings(DATABASE_URL=SecretStr(url))) as client:
                assert "is in LATIN1" in await postgres_detail(client)
                assert "UTF8" in problem_of(await client.get("/v1/messages"))["detail"]

    @pytest.mark.parametrize(
        ("statement", "said"),
        [
            ("REVOKE INSERT ON message FROM brag_app", "lacks rights"),
            ("REVOKE USAGE ON SCHEMA public FROM brag_app, PUBLIC", "lacks rights"),
            (
                "ALTER ROLE ALL IN DATABASE :name SET default_transaction_read_only = on",
                "no writes",
            ),
        ],
        ids=["table", "schema", "read-only"],
    )
    async def test_database_without_rights(
        self, make_settings: SettingsFactory, own_database_url: str, statement: str, said: str
    ) -> None:
        """A database that may not be written is told, not met by a question."""
        name = urlsplit(own_database_url).path.removeprefix("/")
        execute(own_database_url, statement.replace(":name", f'"{name}"'))
        settings = make_settings(DATABASE_URL=SecretStr(own_database_url))
        async with serve(settings) as client:
            assert said in await postgres_detail(client)
            problem = problem_of(await client.post("/v1/completion", json={"message": "Hello"}))
            assert problem["status"] == 503


class TestIndex:
    """An index that has lost what Postgres has."""

    async def test_empty_index_says_reindex(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An index that is empty beside a full Postgres says which command fills it."""
        settings = make_settings()
        async with serve(settings) as client:
            await ended(client, await post_text(client, "Ducks dive."))
        current = settings.DATA_DIR / "qdrant" / "demo" / "current"
        await asyncio.to_thread(current.unlink)
        async with serve(settings) as client:
            qdrant = (await client.get("/readiness")).json()["checks"]["qdrant"]
            assert (qdrant["status"], qdrant["drift"]) == ("ok", -1)
            assert "`brag reindex`" in qdrant["detail"]
            await until(lambda: "app.start: The index is empty" in capsys.readouterr().err)
            await sql(settings, "DELETE FROM document")
            qdrant = (await client.get("/readiness")).json()["checks"]["qdrant"]
            assert "detail" not in qdrant

    async def test_service_without_qdrant_says_why(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A Qdrant that is down is told at the start."""
        settings = make_settings(QDRANT_URL=refusing_url().removesuffix("/v1"))
        async with serve(settings):
            await until(lambda: "app.start: The service begins" in capsys.readouterr().err)
