"""The files of an embedded Postgres, and what it answers."""

from contextlib import closing
from pathlib import Path

import psycopg2


def query(url: str, sql: str) -> object:
    """The first value that Postgres answers, if any."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def postmaster_file(data_dir: Path) -> Path:
    """The file in which Postgres keeps its pid."""
    return data_dir / "postgres" / "cluster" / "postmaster.pid"
