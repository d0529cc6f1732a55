"""`python -m app.embedded.schema [FILE]` writes db/schema.sql anew, from the migrations alone."""

import sys
import tempfile
from pathlib import Path
from typing import Final

from app.core.constants import ROOT
from app.embedded.migrations import dump_schema, migrate
from app.embedded.postgres import EmbeddedPostgres

SCHEMA_FILE: Final = ROOT / "db" / "schema.sql"


def write_schema(file: Path) -> None:
    """Applies the migrations to a new, temporary Postgres and writes the schema that they made."""
    with tempfile.TemporaryDirectory() as directory, EmbeddedPostgres(Path(directory)) as url:
        migrate(url)
        dump_schema(url, file)


if __name__ == "__main__":
    write_schema(Path(sys.argv[1]) if len(sys.argv) > 1 else SCHEMA_FILE)
