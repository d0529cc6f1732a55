"""The seam to Postgres: the only package that knows PugSQL and SQLAlchemy."""

from app.db.database import (
    BEHIND,
    Database,
    DatabaseError,
    Queries,
    Row,
    create_database,
    open_database,
)

__all__ = [
    "BEHIND",
    "Database",
    "DatabaseError",
    "Queries",
    "Row",
    "create_database",
    "open_database",
]
