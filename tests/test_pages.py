"""The README and the pages: how long they are, and that what they tell to type is there."""

import importlib
import re
import shlex
import sys
from pathlib import Path

import pytest

from app.__main__ import COMMANDS
from app.core.constants import ROOT
from app.main import create_app
from settings import Settings
from tests.support.pages import ADDRESS, PAGES, README, commands, page, prose
from tests.test_makefile import VERBS

MODULE = ".venv/bin/python -m "
# What other tests run or read: test_operating.py, test_compose.py, test_kubernetes.py.
ELSEWHERE = (
    "DATABASE_URL=",
    "pg_restore",
    "PGOPTIONS=",
    "systemctl",
    "docker",
    "kubectl",
    "ln -s",
)
OF_QDRANT = "$QDRANT_URL/collections"
REQUEST = re.compile(rf"curl\b.*?{ADDRESS}(/[^\s'?]*)")
SOME_UUID = "00000000-0000-0000-0000-000000000000"


def name_of(file: Path) -> str:
    """A page as pytest shows it."""
    return file.name


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Every method and path that the service has."""
    paths = create_app(Settings(DATA_DIR=tmp_path_factory.mktemp("pages"))).openapi()["paths"]
    return {(method.upper(), path) for path in paths for method in paths[path]}


class TestLength:
    """What a reader is spared."""

    def test_readme_fits_two_screens(self) -> None:
        """The README has no more lines than two screens, of 40 each: the picture takes 20."""
        assert len(README.read_text().splitlines()) + 20 <= 2 * 40

    @pytest.mark.parametrize("file", PAGES, ids=name_of)
    def test_lines_are_short(self, file: Path) -> None:
        """No line of prose has more than 140 characters."""
        assert [line for line in prose(file) if len(line) > 140] == []

    def test_every_page_is_found(self) -> None:
        """The README leads to every page."""
        text = README.read_text()
        assert [file.name for file in PAGES[1:] if f"(docs/{file.name})" not in text] == []


class TestCommands:
    """Every command of every page."""

    @pytest.mark.parametrize("file", PAGES, ids=name_of)
    def test_commands_are_known(
        self, file: Path, operations: set[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The verb, the options of the program, or the endpoint of the request is there."""
        for command in commands(file):
            if command.startswith("make "):
                assert set(command.split()[1:]) <= VERBS
            elif command.startswith(MODULE):
                parse(shlex.split(command.removeprefix(MODULE)), monkeypatch)
            elif command.removeprefix("./").startswith("brag "):
                word, *others = shlex.split(command)[1:]
                module, words, _ = COMMANDS[word]
                parse([module, *words, *others], monkeypatch)
            elif found := REQUEST.search(command):
                method = "POST" if re.search(r" -[dF] ", command) else "GET"
                assert (method, found.group(1).replace("UUID", "{uuid}")) in operations
            else:
                assert command.startswith(ELSEWHERE) or OF_QDRANT in command, command


def parse(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the command line read by its module, which exits where it does not know a word."""
    name, *arguments = words
    module = importlib.import_module(f"{name}.__main__")
    monkeypatch.setattr(
        sys, "argv", [name, *(word.replace("UUID", SOME_UUID) for word in arguments)]
    )
    vars(module)["_parse_arguments"]()


class TestSettings:
    """The table of docs/settings.md."""

    def test_table_holds_every_setting(self) -> None:
        """The table holds every setting, in the order of `.env.example`, with its default."""
        text = page("settings").read_text()
        rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`(.*?)`)? ?\|", text, re.MULTILINE)
        example = (ROOT / ".env.example").read_text()
        assert rows == re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE)
        assert {name for name, _ in rows} == set(Settings.model_fields)
