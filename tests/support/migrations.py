"""A database whose migrations are applied and undone one at a time, by the real dbmate."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

from app.core.constants import MIGRATIONS
from app.embedded.migrations import dump_schema
from tests.support.template import execute

FILES: Final = sorted(MIGRATIONS.glob("*.sql"))


class MigratedDatabase:
    """A database, empty at first, and a folder for the migrations that it is given."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self._folder = folder
        (folder / "migrations").mkdir()
        (folder / "migrations" / "0_nothing.sql").write_text("-- migrate:up\n-- migrate:down\n")
        self.up()

    def up(self, *files: Path) -> None:
        """Applies these migrations."""
        for file in files:
            shutil.copy(file, self._folder / "migrations")
        self._dbmate("up")

    def up_to(self, file: Path) -> None:
        """Applies all migrations before one."""
        self.up(*FILES[: FILES.index(file)])

    def down(self) -> None:
        """Undoes the newest migration."""
        self._dbmate("rollback")

    def schema(self) -> str:
        """The schema, its lines sorted: a rollback puts columns in another order."""
        file = self._folder / "schema.sql"
        dump_schema(self.url, file)
        lines = file.read_text().splitlines()
        return "\n".join(sorted(line.rstrip(",;") for line in lines))

    def _dbmate(self, command: str) -> None:
        path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
        program = shutil.which("dbmate", path=path)
        assert program
        subprocess.run(
            [program, "--migrations-dir", self._folder / "migrations", "--no-dump-schema", command],
            env={**os.environ, "DATABASE_URL": self.url},
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def unmigrated(server_url: str, folder: Path) -> Iterator[MigratedDatabase]:
    """An empty database without a migration, which is gone afterwards."""
    name = f"unmigrated_{uuid4().hex}"
    execute(server_url, f'CREATE DATABASE "{name}"')
    yield MigratedDatabase(urlsplit(server_url)._replace(path=f"/{name}").geturl(), folder)
    execute(server_url, f'DROP DATABASE "{name}" WITH (FORCE)')
