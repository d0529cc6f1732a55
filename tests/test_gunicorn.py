"""What `make run` gives gunicorn, by the settings."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from app.core.constants import ROOT


@pytest.fixture(autouse=True)
def no_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's own settings."""
    monkeypatch.chdir(tmp_path)


def configuration(monkeypatch: pytest.MonkeyPatch, **settings: str) -> dict[str, Any]:
    """What settings/gunicorn.conf.py holds with these settings."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "settings" / "gunicorn.conf.py"))


class TestWorkers:
    """How many processes there are, and what loop each runs."""

    def test_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One process lets in all who wait."""
        found = configuration(monkeypatch, WORKERS="1")
        assert found["workers"] == 1
        assert found["worker_class"].CONFIG_KWARGS["loop"] == "app.core.loop:Loop"

    def test_several(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Several take one at a time, and so share a burst."""
        found = configuration(monkeypatch, WORKERS="2", QDRANT_URL="http://127.0.0.1:6333")
        assert found["workers"] == 2
        assert found["worker_class"].CONFIG_KWARGS["loop"] == "uvloop"

    def test_several_without_a_server(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """They cannot share vectors that live in a process: a sentence says so."""
        with pytest.raises(SystemExit, match="WORKERS is 2, but without QDRANT_URL"):
            configuration(monkeypatch, WORKERS="2")
