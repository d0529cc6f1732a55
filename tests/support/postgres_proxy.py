"""A network between the application and Postgres that a test can break."""

from sqlalchemy import make_url

from tests.support.network import Network


class PostgresProxy(Network):
    """A network that leads to the unix socket of the embedded Postgres."""

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        super().__init__(f"{url.query['host']}/.s.PGSQL.{url.query['port']}")
        self._database = url.database

    @property
    def url(self) -> str:
        """The DATABASE_URL of an application behind this network."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{self._database}?sslmode=disable"
