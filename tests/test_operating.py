"""What docs/deploy.md and docs/operate.md have an operator run: statements, dumps, a unit."""

import os
import re
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from app.core.constants import ROOT
from app.embedded.cluster import programs
from app.embedded.migrations import migrate
from settings import Settings
from tests.support.pages import blocks, commands, page
from tests.support.psql import run_sql
from tests.support.template import Template, execute

DEPLOY, OPERATE = page("deploy"), page("operate")
[DUMP] = [command for command in commands(OPERATE) if "pg_dump" in command]
[RESTORE] = [command for command in commands(OPERATE) if command.startswith("pg_restore")]
COUNT = "SELECT count(*) FROM chat WHERE title = 'Kept'"
INSERT = "INSERT INTO chat (uuid, title) VALUES (gen_random_uuid(), 'Kept')"


@pytest.fixture
def made_database_url(postgres_url: str, template: Template) -> Iterator[str]:
    """The database that the page makes, with its user, under names of the test's own."""
    name = f"operated_{uuid4().hex}"
    made, _ = blocks(DEPLOY, "sql")
    statements = re.sub(r"\bbrag\b", name, made).split("\n")
    there = "CREATE ROLE brag_app NOLOGIN;"  # by the migrations of the other databases
    execute(postgres_url, *(statement for statement in statements if statement != there))
    yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl().replace("postgres@", f"{name}@")
    execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")


class TestBackup:
    """What is dumped comes back."""

    @pytest.mark.parametrize("is_superuser", [True, False])
    def test_dump_is_restored(
        self, postgres_url: str, made_database_url: str, tmp_path: Path, *, is_superuser: bool
    ) -> None:
        """A superuser, or the owner alone, puts a dump into an empty database with its rows."""
        migrate(made_database_url)
        name = urlsplit(made_database_url).path.removeprefix("/")
        as_superuser = urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        run_sql(as_superuser, INSERT)
        url = as_superuser if is_superuser else made_database_url
        operate(DUMP, url, tmp_path)
        execute(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
        execute(postgres_url, f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0")
        operate(RESTORE, url, tmp_path)
        assert "Applying" not in "".join(migrate(made_database_url))
        [(count,)] = run_sql(as_superuser, COUNT)
        assert count == 1


def operate(command: str, url: str, folder: Path) -> None:
    """Runs a command in a shell, with the programs of the Postgres that it is for."""
    path = f"{programs()}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"DATABASE_URL": url, "PATH": path}
    subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=True)


class TestDatabase:
    def test_texts_stay_out_of_the_log(self, postgres_url: str, made_database_url: str) -> None:
        """The statements about the log are taken, and hold for the user whom they name."""
        _, log = blocks(DEPLOY, "sql")
        user = urlsplit(made_database_url).username
        execute(postgres_url, *log.replace("brag", str(user)).split("\n"))
        [(level,)] = run_sql(made_database_url, "SHOW log_min_error_statement")
        assert level == "panic"


class TestUnit:
    """The unit for systemd."""

    def test_unit_runs_what_make_runs(self) -> None:
        """The unit migrates and starts as the Makefile does, and has the time to stop."""
        unit = ConfigParser(interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # as the library's own page does it
        unit.read_string(blocks(DEPLOY, "ini")[0])
        service = unit["Service"]
        makefile = (ROOT / "Makefile").read_text().replace("$(BIN)", "/srv/brag/.venv/bin")
        for name in ("ExecStart", "ExecStartPre"):
            assert f"\t{service[name]}\n" in makefile
        grace = Settings.model_fields["GRACEFUL_TIMEOUT_SEC"].default
        assert int(service["TimeoutStopSec"]) > grace + 5
        assert service["ReadWritePaths"] == f"{service['WorkingDirectory']}/data"
