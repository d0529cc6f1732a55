"""The Makefile: its verbs, and that it installs what has changed and nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.constants import ROOT
from tests.support.longest import LONGEST

VERBS = {
    "install",
    "run-dev",
    "run",
    "test",
    "coverage",
    "test-browser",
    "test-clients",
    "test-faults",
    "test-contract",
    "test-nginx",
    "test-load",
    "lint",
    "platforms",
    "black",
    "ruff",
    "pre-commit",
    "compile",
    "pip-compile",
    "pip-compile-dev",
    "upgrade",
    "sync",
    "sync-dev",
    "migrate",
    "schema",
    "eval",
    "bench",
    "clean",
    "help",
}
# Stands in for python3: it makes a .venv whose python writes down how it was called.
PYTHON = """#!/bin/sh
[ "$1" = -VV ] && echo "Python ${VERSION:-3.11.0}"
[ "$1 $2" = "-m venv" ] && mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$0" .venv/bin/uv
echo "$*" >> calls
"""


class Checkout:
    """A folder with the Makefile and the pins, and a stand-in for Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        shutil.copy(ROOT / "Makefile", folder)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        python = folder / "python"
        python.write_text(PYTHON)
        python.chmod(0o755)

    def make(self, verb: str, **environment: str) -> list[str]:
        """How modules were run by this verb."""
        calls = self.folder / "calls"
        calls.write_text("")
        subprocess.run(
            ["make", "--silent", verb, "PYTHON=./python"],
            cwd=self.folder,
            env=os.environ | environment,
            check=True,
        )
        return [call for call in calls.read_text().splitlines() if re.match("-m |pip ", call)]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh clone, in a folder with a space in its name."""
    return Checkout(tmp_path / "my clone")


def installed(calls: list[str]) -> list[str]:
    """The requirements files that pip was told to install."""
    told = [call for call in calls if "pip install" in call]
    assert all("--require-hashes" in call for call in told)
    return [name for call in told for name in re.findall(r"requirements-([a-z-]+)\.txt", call)]


class TestHelp:
    """`make` alone."""

    def test_every_verb_is_printed(self) -> None:
        """`make` alone prints every verb, with what it does."""
        done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert set(re.findall(r"(?m)^([a-z-]+) +\w", done.stdout)) == VERBS


class TestOrder:
    @pytest.mark.parametrize("file", LONGEST)
    def test_longest_files(self, file: str) -> None:
        """The files that begin first are there under these names."""
        assert (ROOT / file).is_file()


class TestInstall:
    """`make install`, and what else needs an installation."""

    def test_fresh_clone_gets_everything(self, checkout: Checkout) -> None:
        """A fresh clone gets .venv, the pinned installer, and what running needs."""
        calls = checkout.make("install")
        assert "-m venv --clear .venv" in calls
        assert "-m app.embeddings.quantization" in calls
        assert installed(calls) == ["uv", "embedded", "local-llm", "quantize"]

    def test_second_installation_does_nothing(self, checkout: Checkout) -> None:
        """A second installation with unchanged pins does nothing, whatever the files' dates."""
        checkout.make("install")
        (checkout.folder / "requirements" / "requirements-embedded.txt").touch()
        assert checkout.make("install") == []

    def test_changed_pins_are_installed(self, checkout: Checkout) -> None:
        """Changed pins are installed, into the .venv that is there."""
        checkout.make("install")
        with (checkout.folder / "requirements" / "requirements-embedded.txt").open("a") as file:
            file.write("# changed\n")
        calls = checkout.make("install")
        assert installed(calls) == ["embedded", "local-llm", "quantize"]
        assert "-m venv --clear .venv" not in calls

    def test_changed_graph_is_made_anew(self, checkout: Checkout) -> None:
        """Where the code that makes the embedding model's graph has changed, it runs once more."""
        checkout.make("install")
        code = checkout.folder / "app" / "embeddings" / "graphs.py"
        code.parent.mkdir(parents=True)
        code.write_text("# changed\n")
        assert "-m app.embeddings.quantization" in checkout.make("install")

    def test_other_python_gets_its_own_venv(self, checkout: Checkout) -> None:
        """Another version of Python gets a .venv of its own."""
        checkout.make("install")
        assert "-m venv --clear .venv" in checkout.make("install", VERSION="3.12.0")

    def test_make_test_installs_and_runs_the_suite(self, checkout: Checkout) -> None:
        """`make test` installs the tools as well, and then runs the suite."""
        *calls, last = checkout.make("test")
        assert installed(calls) == ["uv", "dev", "local-llm"]
        assert last.startswith("-m pytest ")

    def test_make_test_installs_enough_to_run(self, checkout: Checkout) -> None:
        """After `make test`, `make run-dev` has nothing to install."""
        checkout.make("test")
        assert checkout.make("run-dev") == ["-m app.embedded --reload"]

    def test_make_run_dev_installs_and_starts(self, checkout: Checkout) -> None:
        """`make run-dev` on a fresh clone installs, and then starts everything."""
        *calls, last = checkout.make("run-dev")
        assert installed(calls) == ["uv", "embedded", "local-llm", "quantize"]
        assert last == "-m app.embedded --reload"
