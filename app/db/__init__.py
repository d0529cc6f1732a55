"""The seam to Postgres: the only package that knows PugSQL and SQLAlchemy."""

from app.db.database import Database, Queries, Row, create_database, open_database
from app.db.faults import BEHIND, DatabaseError

__all__ = [
    "BEHIND",
    "Database",
    "DatabaseError",
    "Queries",
    "Row",
    "create_database",
    "open_database",
]
