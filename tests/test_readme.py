"""The README's examples, run against a service that its first command has started."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from pydantic import SecretStr

from app.core.constants import ROOT
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings
from tests.support.commands import put_in
from tests.support.launch import Launch

README = (ROOT / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
SAMPLE = "docs/questions.md"  # which the examples are answered from
PATIENCE_SEC = 120


class Example(NamedTuple):
    """A command as the README shows it, and what it is said to answer."""

    command: str
    output: str


EXAMPLES = [
    Example(*block.removeprefix("$ ").split("\n", 1))
    for block in re.findall(r"```console\n(.*?)\n```", README, re.DOTALL)
]


@pytest.fixture(scope="module")
def launch(open_folder: Path) -> Iterator[Launch]:
    """What `make run-dev` starts, but for the reload; of the samples it has one.

    To embed all of them, as the tests of the launcher do, takes ten times as long as the examples.
    """
    data_dir = open_folder / "data"
    with EmbeddedPostgres(data_dir) as url:
        migrate(url)
        settings = Settings(DATABASE_URL=SecretStr(url))
        given = {"media_type": "text/markdown", "is_sample": True}
        asyncio.run(put_in(settings, (ROOT / SAMPLE).read_text(), SAMPLE, **given))
    launch = Launch(data_dir)
    yield launch
    assert launch.end() == 0


@pytest.fixture(scope="module")
def answers(launch: Launch) -> list[str]:
    """What the commands print, one after the other: a reader runs them in this order."""
    return [curl(example.command.replace(ADDRESS, launch.url)) for example in EXAMPLES]


class TestExamples:
    """Every block of the README that shows a command with its answer."""

    def test_examples_show_every_way_to_ask(self) -> None:
        """The README shows answers with and without retrieval, streams, and documents."""
        shown = " ".join(example.command for example in EXAMPLES)
        for path in ("/v1/qa-create", "/v1/qa-stream", "/v1/documents", "/v1/messages"):
            assert path in shown

    @pytest.mark.parametrize("number", range(len(EXAMPLES)))
    def test_answer_has_the_shown_shape(self, answers: list[str], number: int) -> None:
        """An answer has the shape that the README shows."""
        assert shape(answers[number]) == shape(EXAMPLES[number].output)


def curl(command: str) -> str:
    """What the command prints; of curl's options those that the README uses."""
    program, url, *options = shlex.split(command)
    assert program == "curl"
    pairs = list(zip(options[::2], options[1::2], strict=True))
    headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
    data = next((value for option, value in pairs if option == "-d"), None)
    files = {
        name: (Path(path).name, (ROOT / path).read_bytes())
        for name, path in (value.split("=@", 1) for option, value in pairs if option == "-F")
    }
    assert {option for option, _ in pairs} <= {"-H", "-d", "-F"}
    method = "POST" if data or files else "GET"
    response = httpx2.request(
        method, url, content=data, headers=headers, files=files or None, timeout=PATIENCE_SEC
    )
    assert response.is_success, response.text
    return response.text


def shape(text: str) -> Any:
    """Of a stream the kinds of its events, of JSON its keys; both are cut short with `…`."""
    if text.startswith("id: "):
        return list(dict.fromkeys(re.findall(r"^event: (\w+)$", text, re.MULTILINE)))
    return _keys(json.loads(text))


def _keys(value: Any) -> Any:
    match value:
        case dict():
            return {name: _keys(part) for name, part in value.items()}
        case list():
            return [_keys(part) for part in value[:1]]
        case _:
            return None


class TestSettings:
    """The table of settings."""

    def test_table_holds_every_setting(self) -> None:
        """The table holds every setting, in the order of `.env.example`, with its default."""
        rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\|", README, re.MULTILINE)
        example = (ROOT / ".env.example").read_text()
        assert rows == re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE)
        assert {name for name, _ in rows} == set(Settings.model_fields)
