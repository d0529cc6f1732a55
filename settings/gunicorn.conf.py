"""Gunicorn's configuration, out of the settings: `gunicorn app.main:app -c` this file."""

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final

from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from uvicorn_worker import UvicornWorker

from app.core.logs import configure_logs
from app.core.metrics.folder import forget_process, open_folder, remove_folder
from settings import Settings, load_settings

BEAT_SEC: Final = 0.25  # TIMEOUT is at least a second
SERVER_GRACE_SEC: Final = 5  # to store what cancelled streams held, and to close the clients
ONE_PROCESS: Final = (
    "The setting WORKERS is {workers}, but without QDRANT_URL or QDRANT_HOST the vectors "
    "live in one process: set one of these, or WORKERS=1."
)


def worker_count(settings: Settings) -> int:
    """WORKERS, if so many processes can share the vector store."""
    if settings.WORKERS > 1 and not (settings.QDRANT_URL or settings.QDRANT_HOST):
        raise SystemExit(ONE_PROCESS.format(workers=settings.WORKERS))
    return settings.WORKERS


_settings = load_settings()


class DrainingWorker(UvicornWorker):  # type: ignore[misc]  # uvicorn_worker ships no types
    """Finishes the streams in flight on SIGTERM, and cancels what GRACEFUL_TIMEOUT_SEC leaves."""

    CONFIG_KWARGS = UvicornWorker.CONFIG_KWARGS | {
        # Several processes share the clients of a burst evenly if each takes one at a time.
        "loop": f"app.core.loop:{'Loop' if _settings.WORKERS == 1 else 'SharingLoop'}",
        "http": "app.core.serving.protocol:HttpProtocol",
        "ws": "none",
        "timeout_graceful_shutdown": _settings.GRACEFUL_TIMEOUT_SEC,
        "proxy_headers": False,  # the application reads them, and needs to know who sent them
    }
    _beating: asyncio.Task[None] | None = None

    async def callback_notify(self) -> None:
        """Called every half of TIMEOUT by uvicorn, but not while it drains."""
        if self._beating is not None:
            self._beating.cancel()
        self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        """Says that the loop runs, for as long as a drain may take, so that gunicorn lets it.

        Ends this process if gunicorn was killed: a new one could not listen at the same port.
        """
        beats = (self.timeout + graceful_timeout) / BEAT_SEC
        for _ in range(int(beats)):
            self.notify()
            if os.getppid() != self.ppid:
                signal.raise_signal(signal.SIGTERM)
                break
            await asyncio.sleep(BEAT_SEC)


class ServiceLogger(Logger):
    """Logs as the application does, from gunicorn's first line on."""

    def setup(self, cfg: Config) -> None:
        """Called once, before gunicorn starts anything."""
        super().setup(cfg)
        configure_logs(_settings)


def on_starting(_: Arbiter) -> None:
    """Called once, before any process imports the application."""
    open_folder()


def when_ready(arbiter: Arbiter) -> None:
    """Called before there is a process: stops listening, so that a proxy asks another server.

    The first process that is ready listens again.
    """
    if arbiter.systemd or arbiter.master_pid:
        return  # another process listens at the same sockets
    if not _settings.PORT:
        return  # the system has chosen one, and would choose another
    for listener in arbiter.LISTENERS:
        with suppress(OSError):  # only Linux knows this
            listener.shutdown(socket.SHUT_RDWR)


def child_exit(_: Arbiter, worker: UvicornWorker) -> None:
    """Called where a process has ended, in whatever way."""
    forget_process(worker.pid)


def on_exit(_: Arbiter) -> None:
    """Called at the end of a server."""
    remove_folder()


_host = f"[{_settings.HOST}]" if ":" in _settings.HOST else _settings.HOST
bind = f"{_host}:{_settings.PORT}"
workers = worker_count(_settings)
worker_class = DrainingWorker
timeout = _settings.TIMEOUT
graceful_timeout = _settings.GRACEFUL_TIMEOUT_SEC + SERVER_GRACE_SEC
keepalive = _settings.KEEPALIVE_SEC
reload = _settings.RELOAD
logger_class = ServiceLogger
accesslog = None  # the application logs its requests, with their ids and without their queries
control_socket_disable = True  # it is one more way in, and nothing here uses it
