"""Starts everything that is not configured to be elsewhere, keeps it running, stops it in order."""

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Final

import psycopg2

from app.core.constants import ROOT
from app.core.exceptions import ConfigurationError
from app.core.folders import make_private
from app.core.links import LOOPBACK, base_url
from app.core.locks import DirectoryLock
from app.embedded.constants import CONTEXT_TOKENS, MAX_ANSWER_TOKENS, MODEL
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.llama import model_file
from app.embedded.migrations import migrate
from app.embedded.ports import free_port
from app.embedded.samples import ingest_samples, wait_for_samples
from app.embedded.services import ModuleService, PostgresService, Service
from settings import Settings

logger = logging.getLogger(__name__)

MODEL_GRACE_SEC: Final = 5.0
# How much longer than its last request the server itself may take to end.
SERVER_GRACE_SEC: Final = 5.0
WATCHED_FOLDERS: Final = ("app", "settings", "db")
RELOADED: Final = [f"--reload-include=*.{kind}" for kind in ("sql", "html", "css", "js")]


class Launcher:
    """One embedded start; its parts learn of each other from environment variables alone."""

    def __init__(self, settings: Settings, *, reload: bool) -> None:
        self._settings = settings
        self._reload = reload
        self._data_dir = settings.DATA_DIR.resolve()
        self._environment = {"DATA_DIR": str(self._data_dir), "HOST": settings.HOST}
        self._services: list[Service] = []

    async def run(self) -> None:
        """Starts all parts and keeps them running until cancelled; then stops them."""
        async with AsyncExitStack() as running:
            try:
                self._take_data_dir(running)
                await self._start(running)
                async with asyncio.TaskGroup() as group:
                    for service in self._services:
                        group.create_task(service.keep_running())
                    self._say_what_to_try(has_samples=await wait_for_samples(self._environment))
            except asyncio.CancelledError:
                logger.info("Stopping.")
                raise

    def _take_data_dir(self, running: AsyncExitStack) -> None:
        lock = DirectoryLock(self._data_dir)
        try:
            make_private(self._settings.DATA_DIR)
            is_taken = lock.try_take()
        except ConfigurationError as error:
            raise EmbeddedStartFailed(str(error)) from error
        except OSError as error:
            raise EmbeddedStartFailed(f"DATA_DIR cannot be used: {error}.") from error
        if not is_taken:
            raise EmbeddedStartFailed(
                f"Another `brag run` runs on {self._data_dir}: stop it, or choose another "
                "directory with --data-dir or DATA_DIR."
            )
        running.callback(lock.release)

    async def _start(self, running: AsyncExitStack) -> None:
        """Starts each part once those that it needs are there; the model loads beside them."""
        port = await asyncio.to_thread(free_port, self._settings.HOST, self._settings.PORT)
        self._environment["PORT"] = str(port)
        database = PostgresService(self._data_dir) if self._settings.DATABASE_URL is None else None
        if database:
            self._keep(database, running)
        model = await self._start_model(running)
        await self._prepare_database(database)
        if self._settings.SAMPLE_DOCUMENTS:
            await self._put_samples_in()
        await self._start_server(running)
        if model:
            await model.wait_until_ready()
        logger.info("API: %s, described on %s/docs", self._url, self._url)

    async def _put_samples_in(self) -> None:
        """Puts the samples in, for the server to ingest beside its requests: Qdrant may be down."""
        try:
            await ingest_samples(self._environment)
        except (OSError, psycopg2.Error):
            logger.exception("The sample documents are not in: the next start tries again")

    def _keep(self, service: Service, running: AsyncExitStack) -> None:
        self._services.append(service)
        running.push_async_callback(service.stop)

    async def _start_model(self, running: AsyncExitStack) -> ModuleService | None:
        """The local model, where no other is configured."""
        if self._settings.OPENAI_API_KEY or self._settings.OPENAI_BASE_URL:
            return None
        model_file()  # says at once what is missing
        port = await asyncio.to_thread(free_port, LOOPBACK)
        url = base_url(LOOPBACK, port)
        self._environment |= {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_MODEL": MODEL}
        self._environment |= {
            "CONTEXT_WINDOW_TOKENS": str(CONTEXT_TOKENS),
            "MAX_COMPLETION_TOKENS": str(MAX_ANSWER_TOKENS),
        }
        model = ModuleService(
            *("The local model", "app.embedded.llm", "--port", str(port)),
            health_url=f"{url}/health",
            grace_sec=MODEL_GRACE_SEC,
        )
        await model.start(self._environment)
        self._keep(model, running)
        logger.info("Local model: %s, on %s/v1", MODEL, url)
        return model

    async def _prepare_database(self, embedded: PostgresService | None) -> None:
        """A database with all migrations: the configured one, or else our own."""
        if embedded:
            self._environment["DATABASE_URL"] = await embedded.start()
            logger.info("Postgres: in %s", self._data_dir)
        elif configured := self._settings.DATABASE_URL:
            self._environment["DATABASE_URL"] = configured.get_secret_value()
        await asyncio.to_thread(migrate, self._environment["DATABASE_URL"])

    async def _start_server(self, running: AsyncExitStack) -> None:
        server = ModuleService(
            *("The server", *self._server_arguments()),
            health_url=f"{self._url}/healthcheck",
            grace_sec=self._settings.GRACEFUL_TIMEOUT_SEC + SERVER_GRACE_SEC,
        )
        await server.start(self._environment)
        self._keep(server, running)
        await server.wait_until_ready()

    def _server_arguments(self) -> list[str]:
        address = ["--host", self._settings.HOST, "--port", self._environment["PORT"]]
        parts = ["--loop", "app.core.loop:Loop", "--ws", "none"]
        parts += ["--http", "app.core.serving.protocol:HttpProtocol"]
        logs = ["--no-access-log", "--log-level", "warning"]  # the application logs its requests
        proxies = ["--no-proxy-headers"]  # the application reads them, and asks who sent them
        grace = ["--timeout-graceful-shutdown", str(self._settings.GRACEFUL_TIMEOUT_SEC)]
        grace += ["--timeout-keep-alive", str(self._settings.KEEPALIVE_SEC)]
        folders = [f"--reload-dir={ROOT / folder}" for folder in WATCHED_FOLDERS]
        reload = ["--reload", *RELOADED, *folders] if self._reload else []
        return ["uvicorn", "app.main:app", *address, *parts, *logs, *proxies, *grace, *reload]

    @property
    def _url(self) -> str:
        return base_url(self._settings.HOST, int(self._environment["PORT"]))

    def _say_what_to_try(self, *, has_samples: bool) -> None:
        logger.info("Open %s/ in a browser, and ask", self._url)
        if not has_samples or self._settings.requires_auth:  # then the question is refused
            return
        logger.info(
            "Try: curl %s/v1/qa-create -H 'Content-Type: application/json' -d '%s'",
            self._url,
            '{"message": "Which port does the API listen on?"}',
        )
