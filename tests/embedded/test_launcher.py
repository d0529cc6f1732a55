"""The whole embedded start, as a newcomer meets it, and what it does when a part dies."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded.ports import answers
from tests.support.fake_openai import refusing_url
from tests.support.launch import Launch, ended, small_checkout, start
from tests.support.server import connect
from tests.support.waiting import until
from tests.support.wire import ask

PATIENCE_SEC = 120


async def healthy(url: str) -> bool:
    """Whether a server answers on this URL."""
    return await asyncio.to_thread(answers, url)


@pytest.fixture(scope="module")
def first_launch(open_folder: Path) -> Iterator[Launch]:
    """A first start, with everything that there is to start, and a few samples."""
    checkout = small_checkout(open_folder / "checkout")
    launch = Launch(open_folder / "data", until="Try: ", PYTHONPATH=str(checkout))
    yield launch
    assert launch.end() == 0


class TestRefused:
    def test_unusable_folder_is_refused(self, tmp_path: Path) -> None:
        """A data directory that is a file ends the start with a sentence, not with a traceback."""
        (file := tmp_path / "file").touch()
        process = start(file)
        said, _ = process.communicate(timeout=PATIENCE_SEC)
        assert process.returncode == 1
        assert said.startswith("DATA_DIR cannot be used: ")
        assert said.count("\n") == 1

    def test_wrong_database_url_is_refused(self, tmp_path: Path) -> None:
        """A DATABASE_URL that libpq does not take ends the start with a sentence as well."""
        settings = {"OPENAI_BASE_URL": refusing_url(), "DATABASE_URL": "postgres://h/d?schema=a"}
        process = start(tmp_path / "data", **settings)
        said, _ = process.communicate(timeout=PATIENCE_SEC)
        assert process.returncode == 1
        assert said.startswith("DATABASE_URL has a parameter that libpq does not know")


class TestWithoutQdrant:
    async def test_start_serves_what_it_can(self, open_folder: Path) -> None:
        """With a Qdrant that is down a start serves before its samples are in, and says so."""
        nobody = refusing_url()
        settings = {"OPENAI_BASE_URL": nobody, "QDRANT_URL": nobody.removesuffix("/v1")}
        launch = Launch(open_folder / "without", until="API: ", **settings)
        async with connect(launch.url) as client:
            assert (await client.get("/v1/messages")).json() == []
            checks = (await client.get("/readiness")).json()["checks"]
        assert {part: check["status"] for part, check in checks.items()} == {
            "postgres": "ok",
            "qdrant": "failed",
            "embeddings": "ok",
        }
        assert launch.end() == 0


class TestStart:
    async def test_first_question_gets_a_true_answer(self, first_launch: Launch) -> None:
        """What a newcomer asks first gets a true answer that rests on the sample documents."""
        await until(lambda: healthy(f"{first_launch.model_url}/health"), PATIENCE_SEC)
        async with connect(first_launch.url) as client:
            question = {"message": "Which port does the API listen on?"}
            response = await client.post("/v1/qa-create", json=question)
        assert response.status_code == 200
        assert response.json()["message"].startswith("The API listens on port 8000")
        assert "8000" in response.json()["sources"][0]["text"]

    async def test_question_without_passages_is_answered(self, first_launch: Launch) -> None:
        """What rests on no passages is answered too, by the language model."""
        async with connect(first_launch.url) as client:
            question = {"message": "Say hello."}
            response = await client.post("/v1/completion", json=question, timeout=PATIENCE_SEC)
        assert response.json()["status"] == "complete"

    async def test_what_is_no_http_is_a_problem(self, first_launch: Launch) -> None:
        """The server of an embedded start refuses with a problem what is not HTTP."""
        answer = await ask(first_launch.url, b"RUBBISH\r\n\r\n")
        assert answer.problem["code"] == "bad_request"

    def test_start_says_what_runs_where(self, first_launch: Launch) -> None:
        """A start says what runs where, and what to try first."""
        output, url = first_launch.output, first_launch.url
        assert f"Postgres: in {first_launch.data_dir}" in output
        assert "Local model: quotes-or-SmolLM2" in output
        assert f"API: {url}, described on {url}/docs" in output
        assert f"Open {url}/ in a browser, and ask" in output
        assert f"Try: curl {url}/v1/qa-create" in output

    def test_samples_are_put_in_once(self, first_launch: Launch) -> None:
        """A first start puts all samples in, so that no later start does it again."""
        assert "The knowledge base is empty" in first_launch.output
        assert not (first_launch.data_dir / "samples-unfinished").exists()

    def test_second_start_is_refused(self, first_launch: Launch) -> None:
        """A second start on the same data directory is refused in one sentence."""
        second = start(first_launch.data_dir)
        said, _ = second.communicate(timeout=PATIENCE_SEC)
        assert second.returncode == 1
        assert said.startswith(f"Another `brag run` runs on {first_launch.data_dir}")
        assert said.count("\n") == 1


class TestRecovery:
    async def test_killed_server_is_started_again(self, first_launch: Launch) -> None:
        """A killed server is started again where it was."""
        server = first_launch.module("uvicorn")
        server.kill()
        await until(lambda: ended(server))
        await until(lambda: healthy(f"{first_launch.url}/healthcheck"), PATIENCE_SEC)

    async def test_killed_model_is_started_again(self, first_launch: Launch) -> None:
        """A killed model is started again where it was."""
        model = first_launch.module("app.embedded.llm")
        model.kill()
        await until(lambda: ended(model))
        await until(lambda: healthy(f"{first_launch.model_url}/health"), PATIENCE_SEC)

    async def test_killed_postgres_is_started_again(self, first_launch: Launch) -> None:
        """A killed Postgres is started again, and the server finds it."""
        await until(lambda: healthy(f"{first_launch.url}/readiness"), PATIENCE_SEC)
        postmaster = first_launch.postmaster()
        postmaster.kill()
        await until(lambda: ended(postmaster))
        await until(lambda: healthy(f"{first_launch.url}/readiness"), PATIENCE_SEC)
