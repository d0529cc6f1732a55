"""A second attempt on another connection, where the first one's was dead."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import exc

T = TypeVar("T")


def repeat(call: Callable[[], T], *, unless: Callable[[], bool] | None = None) -> T:
    """Calls once, and once more where the connection breaks: a firewall may have forgotten it.

    Where the first attempt was carried out all the same, and a row is there already, this raises
    what the first one did.
    """
    try:
        return call()
    except exc.DBAPIError as error:
        if not error.connection_invalidated or (unless is not None and unless()):
            raise
        first = error
    try:
        return call()
    except exc.IntegrityError:
        if unless is None:
            raise first from None
        raise
