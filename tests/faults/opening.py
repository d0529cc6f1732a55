"""Starts the service that the cases break, with timeouts and pauses that are short."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import httpx2
import pytest
from pydantic import SecretStr

from app.chat.tokens import load_tokenizer
from app.db import Database, open_database
from settings import Settings
from tests.faults.dependencies import Dependencies, opened_dependencies
from tests.faults.service import UNSETTLED, Service
from tests.support.chat_knowledge import PORT
from tests.support.people import logged_in, logged_in_by, login_service, token_of
from tests.support.server import serve
from tests.support.shared import shared_embedder
from tests.support.template import Template
from tests.support.uploads import ended, post_text
from tests.support.waiting import until

METRICS_TOKEN: Final = "0123456789abcdef"
DATABASE_TIMEOUT_SEC: Final = 1.0
QDRANT_TIMEOUT_SEC: Final = 0.75
GENERATION_TIMEOUT_SEC: Final = 1.5
START_SEC: Final = 10.0
# Pauses and leases that take seconds or minutes in production.
SHORT: Final = {
    "app.chat.circuits.LONGEST_PAUSE_SEC": 0.1,
    "app.chat.messages.STORE_AGAIN_SEC": 0.1,
    "app.chat.processes.BEAT_SEC": 0.25,
    "app.chat.processes.LEASE_SEC": 1.0,
    "app.emails.sender.SEND_TIMEOUT_SEC": 0.5,
    "app.idempotency.services.LEASE_SEC": 1.0,
    "app.jobs.job.LEASE_SEC": 1.0,
    "app.jobs.worker.LONGEST_BACKOFF_SEC": 0.2,
    "app.jobs.worker.POLL_SEC": 0.5,
    "app.users.credentials.CACHE_SEC": 0.0,  # each request looks its session up
}


@asynccontextmanager
async def opened_service(template: Template, folder: Path) -> AsyncIterator[Service]:
    """A service that has one document, at rest."""
    temporary = folder / "temporary"
    temporary.mkdir()
    embedder = await asyncio.to_thread(shared_embedder)  # it makes a temporary folder
    await load_tokenizer()  # the first question in a chat would take too long
    async with opened_dependencies(template, folder) as dependencies:
        settings = _settings(dependencies, folder / "data")
        with _patched(temporary) as databases:
            async with serve(settings, embedder) as client:
                await until(partial(_is_ready, client), START_SEC)
                async with (
                    logged_in(settings, client, "ann@example.com") as person,
                    AsyncExitStack() as stack,
                ):
                    await ended(person, await post_text(person, PORT, source="port"))
                    service = Service(
                        **vars(dependencies),
                        settings=settings,
                        person=person,
                        database=databases[0],
                        logins=await login_service(databases[0], settings),
                        stack=stack,
                        temporary=temporary,
                    )
                    await service.sql(UNSETTLED)
                    service.resting = service.tasks()
                    yield service


@asynccontextmanager
async def another_person(service: Service, email: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client that has a session of somebody else."""
    token = await token_of(service.logins, email)
    async with logged_in_by(service.person, token) as person:
        yield person


@contextmanager
def _patched(temporary: Path) -> Iterator[list[Database]]:
    """Shortens pauses and gives temporary files a folder; yields the databases that are opened."""
    databases: list[Database] = []

    @asynccontextmanager
    async def open_and_note(settings: Settings) -> AsyncIterator[Database]:
        async with open_database(settings) as database:
            databases.append(database)
            yield database

    with pytest.MonkeyPatch.context() as patch:
        for name, seconds in SHORT.items():
            patch.setattr(name, seconds)
        patch.setattr(tempfile, "tempdir", str(temporary))
        patch.setattr("app.main.open_database", open_and_note)
        yield databases


async def _is_ready(client: httpx2.AsyncClient) -> bool:
    return (await client.get("/readiness")).is_success


def _settings(dependencies: Dependencies, data_dir: Path) -> Settings:
    at = {name: f"127.0.0.1:{network.port}" for name, network in dependencies.networks.items()}
    return Settings(
        DATABASE_URL=SecretStr(dependencies.proxy.url),
        DATABASE_TIMEOUT_SEC=DATABASE_TIMEOUT_SEC,
        OPENAI_BASE_URL=f"http://{at['upstream']}/v1",
        OPENAI_MODEL="fake-model",
        GENERATION_TIMEOUT_SEC=GENERATION_TIMEOUT_SEC,
        STREAM_START_SEC=0.3,
        MAX_GENERATIONS_PER_USER=10,  # of one person: every way to ask comes at once
        MAX_CONCURRENT_GENERATIONS=1,  # one that is not given back is missed by the next question
        RESUME_GRACE_SEC=0.1,
        QDRANT_URL=f"http://{at['qdrant']}",
        QDRANT_TIMEOUT_SEC=QDRANT_TIMEOUT_SEC,
        SMTP_URL=SecretStr(f"smtp://{at['mail']}"),
        DATA_DIR=data_dir,
        AUTH_REQUIRED=True,
        METRICS_TOKEN=SecretStr(METRICS_TOKEN),
        RATE_LIMIT_PER_MINUTE=0,
        LOGIN_MAILS_PER_HOUR=0,
    )
