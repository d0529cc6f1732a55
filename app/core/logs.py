"""Logs: one JSON object a line, or readable lines; each carries its request's id."""

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

import orjson

from app.core.constants import LOG_AGAIN_SEC
from app.core.tracing.spans import trace_fields
from settings import Settings

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

PLAIN_FIELDS: Final = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "color_message",
}
QUIET: Final = ("uvicorn.access", "httpx", "httpx2", "openai", "fastembed", "mcp")
# Looked for from the start of a word or quotation alone: in linear time.
CREDENTIALS: Final = re.compile(r'(?<=")[^"]*@|(?<![^\s"])[^\s"]*@')


class JsonFormatter(logging.Formatter):
    """Formats a record and its `extra` as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON object without line breaks."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id.get(),
        }
        line |= trace_fields()
        line |= {name: value for name, value in vars(record).items() if name not in PLAIN_FIELDS}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
        except orjson.JSONEncodeError:  # half a surrogate pair, as in a file name that is no UTF-8
            return json.dumps(line, default=str, skipkeys=True)


class TextFormatter(logging.Formatter):
    """Formats a record for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """A line of time, level, logger, message, fields and request id."""
        fields = {name: value for name, value in vars(record).items() if name not in PLAIN_FIELDS}
        fields |= trace_fields()
        record.fields = " ".join(f"{name}={value}" for name, value in fields.items())
        record.request_id = request_id.get() or "-"
        return super().format(record)


TEXT_FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s %(fields)s [%(request_id)s]"


def reason(error: BaseException) -> str:
    """Why a part is unavailable, in one line: the class and first line of what was met there.

    libpq and Qdrant name hosts and users, and no passwords. But where a password in a URL holds an
    @, they take what follows it for a part of the host: what stands before an @ is left out.
    """
    cause = error.__cause__ or error
    cause = getattr(cause, "orig", None) or cause  # the driver's, where SQLAlchemy wraps it
    lines = str(cause).splitlines()
    # libpq has a line for each address of a host: `localhost` has two, and the second says more.
    lines = [line for line in lines if line.startswith("connection to server")] or lines[:1]
    return CREDENTIALS.sub("…@", ": ".join([type(cause).__name__, *lines]))


def explanation(error: BaseException) -> str:
    """The reason, after what an operator has to do about it where the error says so."""
    remedy = getattr(error, "remedy", None)
    return f"{remedy} ({reason(error)})" if remedy and error.__cause__ else reason(error)


class Outages:
    """Tells a log why parts are unavailable: the same reason once in LOG_AGAIN_SEC."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._told: dict[str, tuple[str, float]] = {}

    def tell(self, part: str, error: Exception) -> None:
        """Warns of an error, unless the same was told of this part within LOG_AGAIN_SEC."""
        why, now = explanation(error), monotonic()
        told, since = self._told.get(part, (None, now))
        if why != told or now - since >= LOG_AGAIN_SEC:
            self._told[part] = why, now
            self._logger.warning("%s is unavailable: %s", part, why)


def configure_logs(settings: Settings) -> None:
    """Sends every log through one handler on standard error, and errors to Sentry if it is set."""
    as_text = (settings.LOG_FORMAT or ("text" if settings.is_local else "json")) == "text"
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter(TEXT_FORMAT) if as_text else JsonFormatter())
    logging.basicConfig(level=settings.LOG_LEVEL, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error", "gunicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if settings.SENTRY_DSN:
        _configure_sentry(settings)


def _configure_sentry(settings: Settings) -> None:
    import sentry_sdk  # takes a tenth of the start, and most have no use for it

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN.get_secret_value() if settings.SENTRY_DSN else None,
        environment=settings.ENVIRONMENT,
        send_default_pii=False,
        include_local_variables=False,  # prompts and keys are local variables
        max_request_body_size="never",
        before_send=_drop_query,
    )


def _drop_query(event: "Event", _: "Hint") -> "Event":
    """The event without the query string, which may hold a question: the SDK sends it as it is."""
    event.get("request", {}).pop("query_string", None)
    return event
