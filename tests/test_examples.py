"""The examples of the pages, run against a service that the README's first command starts."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
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
from tests.support.pages import ADDRESS, blocks, page

# In this order: the samples leave when documents come in.
SHOWN = [page(name) for name in ("ask", "troubleshoot", "documents")]
SAMPLE = "docs/questions.md"  # which the examples are answered from
PATIENCE_SEC = 120


class Example(NamedTuple):
    """A command as a page shows it, and what it is said to answer."""

    command: str
    output: str


EXAMPLES = [
    Example(*block.removeprefix("$ ").split("\n", 1))
    for file in SHOWN
    for block in blocks(file, "console")
]
PROGRAMS = blocks(page("ask"), "python")


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
def printed(launch: Launch) -> list[str]:
    """What the programs in Python print."""
    return [run(program.replace(ADDRESS, launch.url)) for program in PROGRAMS]


@pytest.fixture(scope="module")
def answers(launch: Launch, printed: list[str]) -> list[str]:
    """What the commands print, one after the other: a reader runs them in this order."""
    return [curl(example.command.replace(ADDRESS, launch.url)) for example in EXAMPLES]


class TestExamples:
    """Every block that shows a command with its answer."""

    def test_examples_show_every_way_to_ask(self) -> None:
        """The pages show answers, streams, messages, a search and documents."""
        shown = " ".join(example.command for example in EXAMPLES)
        for path in (
            "/v1/qa-create",
            "/v1/qa-stream",
            "/v1/documents",
            "/v1/messages",
            "/v1/search",
        ):
            assert path in shown

    @pytest.mark.parametrize("number", range(len(EXAMPLES)))
    def test_answer_has_the_shown_shape(self, answers: list[str], number: int) -> None:
        """An answer has the shape that its page shows."""
        assert shape(answers[number]) == shape(EXAMPLES[number].output)


class TestPrograms:
    """The programs in Python on docs/ask.md."""

    def test_programs_print_answers(self, printed: list[str]) -> None:
        """Each way to ask prints the answer, and the list of messages what was asked."""
        streamed, listed, of_openai = printed
        assert streamed.startswith("The API listens on port 8000")
        assert of_openai.startswith("The API listens on port 8000")
        assert "user Which port does the API listen on?" in listed


def run(program: str) -> str:
    """What a program prints."""
    with redirect_stdout(StringIO()) as said:
        exec(program, {})  # noqa: S102 (it is what the page tells its reader to run)
    return said.getvalue()


def curl(command: str) -> str:
    """What the command prints; of curl's options those that the pages use."""
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
