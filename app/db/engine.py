"""The pool of connections: in which role, for which caller, and never a dead one."""

import select
from typing import Any, Final

import orjson
import sqlalchemy
from sqlalchemy import event, exc

from app.core.exceptions import ConfigurationError
from app.db.work import Work

POOL_SIZE: Final = 8
ROLE: Final = "brag_app"  # which cannot log in, owns nothing, and is bound by the policies
UNBOUND: Final = (
    f"AUTH_REQUIRED is on, but row-level security does not bind the role {ROLE}: "
    "run `make migrate`, and take BYPASSRLS from that role."
)


def create_engine(url: str, timeout_sec: float, *, policies_required: bool) -> sqlalchemy.Engine:
    """A pool of connections in the role that the policies bind; none of them is opened yet."""
    engine = sqlalchemy.create_engine(
        sqlalchemy.make_url(url).set(drivername="postgresql+psycopg2"),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=timeout_sec,
        isolation_level="AUTOCOMMIT",  # a transaction says so itself
        hide_parameters=True,  # errors are logged, prompts are not
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": max(2, round(timeout_sec)),  # libpq takes 1 for 2
            "options": f"-c role={ROLE} -c timezone=UTC "
            f"-c statement_timeout={round(timeout_sec * 1000)}",
        },
    )
    if policies_required:
        event.listen(engine, "connect", _require_policies)
    event.listen(engine, "checkout", _check_out)
    event.listen(engine, "checkin", _check_in)
    event.listen(engine, "before_cursor_execute", _name_caller, retval=True)
    return engine


def _name_caller(
    _connection: object, _cursor: object, statement: str, values: Any, *_: object
) -> tuple[str, Any]:
    """Tells the policies whose statement it is, in the same round trip and transaction."""
    caller = Work.of_thread.work.caller.name
    return f"SELECT set_config('app.caller', %(app_caller)s, true); {statement}", {
        **values,
        "app_caller": caller,
    }


def _require_policies(connection: Any, _: object) -> None:
    """Refuses a new connection that the policies do not bind; an empty database has none yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT bool_and(row_security_active(polrelid)) FROM pg_policy")
        if cursor.fetchone() == (False,):
            raise ConfigurationError(UNBOUND)


def _check_out(connection: Any, *_: object) -> None:
    """An idle connection has nothing to read unless it was closed: the pool takes another."""
    idle = select.poll()  # not select(): that cannot watch the 1024th file of a busy process
    idle.register(connection, select.POLLIN)
    if idle.poll(0):
        raise exc.DisconnectionError
    Work.of_thread.work.take(connection)


def _check_in(*_: object) -> None:
    Work.of_thread.work.release()
