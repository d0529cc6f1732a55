"""Health: for load balancers, and for the people who run the service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Annotated, Literal

from async_timeout import timeout
from fastapi import APIRouter, Depends, Request, Response, status

from app import version
from app.core.constants import READINESS_TIMEOUT_SEC
from app.core.exceptions import ConfigurationError
from app.core.logs import Outages
from app.core.models import Check, Health, IndexState, Readiness
from app.core.openapi import HEALTHCHECK, READINESS

router = APIRouter(tags=["Core"])
outages = Outages(logging.getLogger(__name__))

Part = Literal["postgres", "qdrant", "embeddings"]
Probe = Callable[[], Awaitable[None]]
IndexProbe = Callable[[], Awaitable[IndexState]]


async def get_probes(request: Request) -> dict[Part, Probe]:
    """For each part that this process needs, a call that returns when it answers."""
    probes: dict[Part, Probe] = request.state.probes
    return probes


async def get_index_probe(request: Request) -> IndexProbe:
    """A call that compares the index with Postgres."""
    probe: IndexProbe = request.state.index
    return probe


@router.get("/healthcheck", summary="See whether the process lives", responses=HEALTHCHECK)
async def healthcheck() -> Health:
    """Answers while the process lives; touches nothing else."""
    return Health(version=version)


@router.get(
    "/readiness",
    summary="See whether the service can answer",
    responses=READINESS,
    response_model_exclude_unset=True,
)
async def readiness(
    probes: Annotated[dict[Part, Probe], Depends(get_probes)],
    index: Annotated[IndexProbe, Depends(get_index_probe)],
    response: Response,
) -> Readiness:
    """Whether Postgres, Qdrant and the embeddings answer; the model upstream is not called."""
    checking = asyncio.gather(*(_check(part, probe) for part, probe in probes.items()))
    state, checked = await asyncio.gather(_compare(index), checking)
    checks = dict(zip(probes, checked, strict=True))
    checks["qdrant"].drift = state.drift if state else None
    checks["qdrant"].reindexing = state.reindexing if state else None
    if state and state.advice:
        checks["qdrant"].detail = state.advice
    if state and state.is_other:
        checks["qdrant"].status = "failed"
    ready = all(check.status == "ok" for check in checks.values())
    if not ready:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Readiness(status="ready" if ready else "unavailable", version=version, checks=checks)


async def _check(part: Part, probe: Probe) -> Check:
    start = perf_counter()
    check = Check(status="ok", latency_ms=0)
    try:
        async with timeout(READINESS_TIMEOUT_SEC):
            await probe()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        outages.tell(part, error)
        check.status = "failed"
        for cause in (error, error.__cause__):
            if isinstance(cause, ConfigurationError):
                check.detail = str(cause)
    check.latency_ms = round((perf_counter() - start) * 1000, 1)
    return check


async def _compare(index: IndexProbe) -> IndexState | None:
    try:
        async with timeout(READINESS_TIMEOUT_SEC):
            return await index()
    except Exception:  # noqa: BLE001 - what does not answer fails its own check
        return None
