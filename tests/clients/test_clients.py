"""Clients of the OpenAI API that others have written, unmodified: `make test-clients`."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx2
import pytest

from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.chat_knowledge import PORT, PORT_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_clients import COMPLETIONS, asked
from tests.support.openai_replies import text
from tests.support.people import logged_in, make_key
from tests.support.server import serve
from tests.support.uploads import ended, post_text

Json = dict[str, Any]

pytestmark = pytest.mark.clients

HERE: Final = Path(__file__).parent
PROGRAMS: Final = Path(".venv-clients/bin").absolute()
ANSWER: Final = "It listens on port 8000 [1]."
SCRIPTS: Final = {
    "langchain_client.py": str(PROGRAMS / "python"),
    "llama_index_client.py": str(PROGRAMS / "python"),
    "openai_client.mjs": "node",
}


class Door(NamedTuple):
    """Where a service is, and Ann's key to it."""

    ann: httpx2.AsyncClient
    url: str
    key: str


@pytest.fixture
async def door(make_settings: SettingsFactory, fake_openai: FakeOpenAI) -> Any:
    """A service that needs keys, and a document of Ann's in it; the model answers with ANSWER."""
    settings: Settings = make_settings(AUTH_REQUIRED=True, RATE_LIMIT_PER_MINUTE=0)
    fake_openai.reply(text(ANSWER), times=9)
    async with (
        serve(settings) as client,
        logged_in(settings, client, "ann@example.com") as ann,
    ):
        await ended(ann, await post_text(ann, PORT))
        yield Door(ann, f"{str(client.base_url).rstrip('/')}/v1", await make_key(ann))


async def run(*command: str, **environment: str) -> str:
    """What a program writes; it ends well, and within a minute."""
    program = await asyncio.create_subprocess_exec(
        *command,
        cwd=HERE,
        env=os.environ | {"PYTHONWARNINGS": "default"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, errors = await asyncio.wait_for(program.communicate(), 60)
    except TimeoutError:
        program.kill()
        raise
    assert program.returncode == 0, errors.decode()
    return out.decode()


async def sources_of(door: Door, told: Json) -> list[Json]:
    """The sources that a client holds; of LangChain's, which keeps the id alone, by that."""
    if "id" in told:
        uuid = told["id"].removeprefix("chatcmpl-")
        response = await door.ann.get(f"/v1/messages/{uuid}")
        return list(response.json()["sources"])
    return list(told["sources"])


class TestClients:
    """What they make of our answers."""

    @pytest.mark.parametrize("script", SCRIPTS)
    async def test_library(self, door: Door, script: str) -> None:
        """The answer, its stream, its sources, its tokens and an embedding arrive."""
        told = json.loads(await run(SCRIPTS[script], script, door.url, door.key, PORT_QUESTION))
        assert (told["answer"], told["stream"]) == (ANSWER, ANSWER)
        assert told["tokens"] > 0
        assert told["dimensions"] == 384
        [source] = await sources_of(door, told["sources"])
        assert source["text"] == PORT
        if script.endswith(".mjs"):
            assert told["models"][0] == "brag"
            assert told["sources"]["annotations"][0]["type"] == "url_citation"
            name, param, message = told["refused"]
            assert (name, param) == ("BadRequestError", "n")
            assert "`n`" in message

    async def test_llm(self, door: Door, fake_openai: FakeOpenAI, tmp_path: Path) -> None:
        """`llm` shows the answer as it streams, goes on with it, and its log has the sources."""
        model = {"model_id": "b", "model_name": "brag", "api_base": door.url}
        models = tmp_path / "extra-openai-models.yaml"
        models.write_text(json.dumps([model | {"api_key_name": "b"}]))
        (tmp_path / "keys.json").write_text(json.dumps({"b": door.key}))
        llm, home = str(PROGRAMS / "llm"), str(tmp_path)
        assert await run(llm, "-m", "b", PORT_QUESTION, LLM_USER_PATH=home) == f"{ANSWER}\n"
        shown = await run(llm, "-m", "b", "--no-stream", "-c", PORT_QUESTION, LLM_USER_PATH=home)
        assert shown == f"{ANSWER}\n"
        told = fake_openai.requests[-1].body["messages"]
        assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
        log = json.loads(await run(llm, "logs", "-n", "0", "--json", LLM_USER_PATH=home))
        assert any("sources" in str(entry["response_json"]) for entry in log), log

    async def test_curl(self, door: Door) -> None:
        """What `curl -N` prints of a stream is what the OpenAI API's own page shows."""
        body = json.dumps(asked(PORT_QUESTION, stream=True))
        url, headers = door.url.removesuffix("/v1") + COMPLETIONS, "Content-Type: application/json"
        printed = await run(
            *("curl", "--silent", "--no-buffer", url, "--data", body, "--header", headers),
            *("--header", f"Authorization: Bearer {door.key}"),
        )
        assert printed.endswith("data: [DONE]\n\n")
        first = json.loads(printed.splitlines()[0].removeprefix("data: "))
        assert first["sources"][0]["text"] == PORT
