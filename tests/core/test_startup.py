"""How the service starts, or says why it does not."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.core.constants import ROOT
from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.fake_openai import refusing_url
from tests.support.server import StartFailed, serve, serve_app


class TestImport:
    """`import app.main`."""

    def test_import_needs_nothing_and_opens_no_socket(self, tmp_path: Path) -> None:
        """The import needs no environment and no `.env`, and opens no socket."""
        code = (
            "import sys\n"
            "sys.addaudithook(lambda name, _: name.startswith('socket.') and sys.exit(name))\n"
            "import app.main\n"
            "print(app.main.app.title)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "bRAG\n", "")


class TestConfigurationError:
    """A setting that is missing or wrong."""

    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            (
                {"DATABASE_URL": None},
                (
                    "DATABASE_URL is not set: set it to a Postgres database, "
                    "or start everything with `brag run`."
                ),
            ),
            (
                {"DATABASE_URL": "postgresql://host:port/name"},
                "DATABASE_URL is not a URL of the form postgresql://user:password@host:5432/name.",
            ),
            (
                {"OPENAI_BASE_URL": None},
                (
                    "Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: set a key for OpenAI, or "
                    "the base URL of another service, or start one with `brag run`."
                ),
            ),
            (
                {"EMBEDDING_MODEL": "no/such-model"},
                "EMBEDDING_MODEL no/such-model is not a model that fastembed knows.",
            ),
        ],
        ids=["no database", "no URL", "no upstream", "unknown embedding model"],
    )
    async def test_wrong_setting_ends_the_start_with_a_sentence(
        self,
        make_settings: SettingsFactory,
        capsys: pytest.CaptureFixture[str],
        given: dict[str, Any],
        sentence: str,
    ) -> None:
        """A wrong setting ends the start with one sentence that names it, and no traceback."""
        app = create_app(make_settings(**given))
        with pytest.raises(StartFailed):
            async with serve_app(app):
                pass
        log = capsys.readouterr().err
        assert f": {sentence} " in log
        assert "Traceback" not in log

    def test_missing_model_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A model that cannot be downloaded is one sentence, without the libraries' log lines."""
        monkeypatch.setenv("HF_ENDPOINT", refusing_url())
        monkeypatch.setenv("EMBEDDING_MODEL", "BAAI/bge-small-en-v1.5")
        code = (
            "from app.embeddings.embedder import create_embedder\n"
            "from app.core.exceptions import ConfigurationError\n"
            "from settings import Settings\n"
            "try:\n"
            "    create_embedder(Settings())\n"
            "except ConfigurationError as error:\n"
            "    print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.startswith("EMBEDDING_MODEL BAAI/bge-small-en-v1.5 is not in DATA_DIR")
        assert (done.stdout.count("\n"), done.stderr) == (1, "")

    async def test_refused_start_leaves_the_next_one_free(
        self, make_settings: SettingsFactory
    ) -> None:
        """A refused start closes what it had opened: the next start works."""
        with pytest.raises(StartFailed):
            async with serve(make_settings(OPENAI_BASE_URL=None)):
                pass
        async with serve(make_settings()) as client:
            assert (await client.get("/readiness")).status_code == 200
