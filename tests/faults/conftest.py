"""One service for all cases, and what its endpoints touch, seen by recording."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Final

import pytest

from app.main import create_app
from settings import Settings
from tests.faults.case import Case
from tests.faults.endpoints import ENDPOINTS, arranged
from tests.faults.opening import opened_service
from tests.faults.service import Service
from tests.support.links import Traffic
from tests.support.template import Template
from tests.support.waiting import POLL_SEC

# What the service does besides, and would be taken for what a request does.
QUIET: Final = {"app.jobs.worker.POLL_SEC": 60.0, "app.chat.processes.BEAT_SEC": 60.0}
COMPLETE: Final = "SELECT CAST(uuid AS text), message FROM message WHERE status = 'complete'"
SILENCE_SEC: Final = 0.15

Recording = dict[str, dict[str, Traffic]]
Documented = dict[str, set[str]]
CasesOf = Callable[[str], list[Case]]


@pytest.fixture(scope="session")
async def recording(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """What each endpoint has to do with each dependency while nothing is wrong.

    That includes what a request leaves to be done after its answer.
    """
    folder = tmp_path_factory.mktemp("recording")
    async with opened_service(template, folder) as service:
        with pytest.MonkeyPatch.context() as patch:
            for name, seconds in QUIET.items():
                patch.setattr(name, seconds)
            return {operation: await _record(service, operation) for operation in ENDPOINTS}


@pytest.fixture(scope="session")
async def service(
    recording: Recording, template: Template, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The service that all cases of this process break; in the end it has all it has promised."""
    async with opened_service(template, tmp_path_factory.mktemp("service")) as service:
        yield service
        await service.settle()
        stored = dict(await service.sql(COMPLETE))
        assert service.acknowledged.items() <= stored.items()


@pytest.fixture(scope="session")
def documented() -> Documented:
    """The statuses that the OpenAPI document has for each endpoint."""
    paths = create_app(Settings()).openapi()["paths"]
    return {
        f"{method.upper()} {path}": set(operation["responses"])
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


@pytest.fixture
async def cases_of(service: Service, recording: Recording, documented: Documented) -> CasesOf:
    """The cases of an endpoint; nothing is under way, or left of those before."""
    await service.settle()

    def cases_of(operation: str) -> list[Case]:
        return [
            Case(service, operation, documented, dependency, traffic.bytes)
            for dependency, traffic in recording[operation].items()
            if traffic.calls
        ]

    return cases_of


async def _record(service: Service, operation: str) -> dict[str, Traffic]:
    async with arranged(service, operation) as call:
        await _silence(service)
        before = service.traffic()
        response = await call.client.request(call.method, call.path, **call.given)
        assert response.is_success, f"{operation}: {response.text}"
        await _silence(service)
        after = service.traffic()
    return {name: after[name] - before[name] for name in after}


async def _silence(service: Service) -> None:
    """Returns when nothing is under way, or else when nothing has passed any network for long."""
    seen, since = service.traffic(), perf_counter()
    while perf_counter() - since < SILENCE_SEC:
        await asyncio.sleep(POLL_SEC)
        if service.traffic() != seen:
            seen, since = service.traffic(), perf_counter()
        elif not await service.left_behind():
            return
