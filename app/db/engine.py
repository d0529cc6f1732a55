"""The pool of connections: in which role, for which caller, and never a dead one."""

import logging
import select
from contextlib import closing
from functools import partial
from time import monotonic
from typing import Any, Final

import orjson
import psycopg2
import sqlalchemy
from sqlalchemy import event, exc

from app.core.exceptions import PoliciesUnbound
from app.core.postgres_server import connect, require_usable, require_utf8
from app.core.postgres_url import connection_parameters
from app.db.work import Work

POOL_SIZE: Final = 8
ROLE: Final = "brag_app"  # which cannot log in, owns nothing, and is bound by the policies
IDLE_SEC: Final = 0.5  # a firewall forgets connections that say nothing for a minute or more
RELEASED: Final = "released"  # when a connection was last given back
KEEPALIVES: Final = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
UNBOUND: Final = (
    f"AUTH_REQUIRED is on, but row-level security does not bind the role {ROLE}: "
    "run `make migrate`, and take BYPASSRLS from that role."
)


def create_engine(url: str, timeout_sec: float, *, policies_required: bool) -> sqlalchemy.Engine:
    """A pool of connections in the role that the policies bind; none of them is opened yet."""
    # That a connection has died is told as DatabaseUnavailable, and not by a traceback besides.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg2://",
        creator=partial(_connect, _parameters(url, timeout_sec)),
        pool_size=POOL_SIZE,
        max_overflow=0,
        pool_timeout=timeout_sec,
        isolation_level="AUTOCOMMIT",  # a transaction says so itself
        hide_parameters=True,  # errors are logged, prompts are not
        json_deserializer=orjson.loads,
    )
    event.listen(engine, "connect", _require_usable)
    if policies_required:
        event.listen(engine, "connect", _require_policies)
    event.listen(engine, "checkout", _check_out)
    event.listen(engine, "checkin", _check_in)
    event.listen(engine, "before_cursor_execute", _name_caller, retval=True)
    return engine


def _parameters(url: str, timeout_sec: float) -> dict[str, Any]:
    given = connection_parameters(url)
    options = f"-c role={ROLE} -c timezone=UTC -c statement_timeout={round(timeout_sec * 1000)}"
    return {
        **KEEPALIVES,
        **given,
        "connect_timeout": max(2, round(timeout_sec)),  # libpq takes 1 for 2
        "client_encoding": "UTF8",  # PGCLIENTENCODING may say another
        "options": f"{given.get('options', '')} {options}",
    }


def _connect(parameters: dict[str, Any]) -> Any:
    """A connection in ROLE; where that is refused, what else is wrong there comes first."""
    try:
        return connect(parameters)
    except psycopg2.OperationalError as error:
        if f'"{ROLE}"' in str(error):
            with closing(connect(parameters | {"options": ""})) as connection:
                _require_usable(connection)
        raise


def _require_usable(connection: Any, _: object = None) -> None:
    require_usable(connection)
    require_utf8(connection)


def _name_caller(
    _connection: object, _cursor: object, statement: str, values: Any, *_: object
) -> tuple[str, Any]:
    """Tells the policies whose statement it is, in the same round trip and transaction."""
    Work.of_thread.work.statement_at = monotonic()
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
            raise PoliciesUnbound(UNBOUND)


def _check_out(connection: Any, record: Any, _: object) -> None:
    """An idle connection has nothing to read unless it was closed: the pool takes another.

    Where a firewall has forgotten it nothing says so: it is asked, unless it was used just now.
    """
    idle = select.poll()  # not select(): that cannot watch the 1024th file of a busy process
    idle.register(connection, select.POLLIN)
    if idle.poll(0):
        raise exc.DisconnectionError
    work = Work.of_thread.work
    released = record.info.get(RELEASED)
    if released is not None and monotonic() - released > IDLE_SEC and not work.ping(connection):
        raise exc.InvalidatePoolError  # the others have been forgotten as well
    work.take(connection)


def _check_in(_: object, record: Any) -> None:
    record.info[RELEASED] = monotonic()
    Work.of_thread.work.release()
