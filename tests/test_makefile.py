"""The Makefile: its verbs, and that it installs what has changed and nothing else."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.core.constants import ROOT

VERBS = {
    "install",
    "run-dev",
    "run",
    "test",
    "lint",
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
        return [each for each in calls.read_text().splitlines() if re.match("-m |pip ", each)]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh clone, in a folder with a space in its name."""
    return Checkout(tmp_path / "my clone")


def installed(calls: list[str]) -> list[str]:
    """The requirements files that pip was told to install."""
    told = [call for call in calls if "pip install" in call]
    assert all("--require-hashes" in each for each in told)
    return [name for each in told for name in re.findall(r"requirements-([a-z-]+)\.txt", each)]


class TestHelp:
    """`make` alone."""

    def test_prints_every_verb(self) -> None:
        """Every verb is there, with what it does."""
        done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert set(re.findall(r"(?m)^([a-z-]+) +\w", done.stdout)) == VERBS


class TestInstall:
    """`make install`, and what else needs an installation."""

    def test_fresh(self, checkout: Checkout) -> None:
        """A fresh clone gets .venv, the pinned installer, and what running needs."""
        calls = checkout.make("install")
        assert "-m venv --clear .venv" in calls
        assert installed(calls) == ["uv", "embedded", "local-llm"]

    def test_again(self, checkout: Checkout) -> None:
        """With unchanged pins nothing is done, whatever the dates of the files."""
        checkout.make("install")
        (checkout.folder / "requirements" / "requirements-embedded.txt").touch()
        assert checkout.make("install") == []

    def test_changed_pins(self, checkout: Checkout) -> None:
        """Changed pins are installed, into the .venv that is there."""
        checkout.make("install")
        with (checkout.folder / "requirements" / "requirements-embedded.txt").open("a") as file:
            file.write("# changed\n")
        calls = checkout.make("install")
        assert installed(calls) == ["embedded", "local-llm"]
        assert "-m venv --clear .venv" not in calls

    def test_other_interpreter(self, checkout: Checkout) -> None:
        """Another version of Python gets a .venv of its own."""
        checkout.make("install")
        assert "-m venv --clear .venv" in checkout.make("install", VERSION="3.12.0")

    def test_for_tests(self, checkout: Checkout) -> None:
        """`make test` installs the tools as well, and then runs the suite with coverage."""
        *calls, last = checkout.make("test")
        assert installed(calls) == ["uv", "dev", "local-llm"]
        assert last.startswith("-m pytest --cov ")

    def test_after_tests(self, checkout: Checkout) -> None:
        """What is there for the tests is enough to run."""
        checkout.make("test")
        assert checkout.make("run-dev") == ["-m app.embedded --reload"]

    def test_for_running(self, checkout: Checkout) -> None:
        """`make run-dev` on a fresh clone installs, and then starts everything."""
        *calls, last = checkout.make("run-dev")
        assert installed(calls) == ["uv", "embedded", "local-llm"]
        assert last == "-m app.embedded --reload"
