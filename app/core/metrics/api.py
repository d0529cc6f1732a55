"""What the service counts, for Prometheus."""

import asyncio
from collections.abc import Awaitable, Callable
from secrets import compare_digest
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST

from app.core.constants import METRICS_PATH
from app.core.dependencies import SettingsDependency
from app.core.exceptions import NotAuthenticated, ServiceUnavailable
from app.core.metrics.instruments import Metrics
from app.core.openapi import METRICS

router = APIRouter(tags=["Core"])


class MetricsTokenNeeded(NotAuthenticated):
    """The request does not carry the operator's token."""

    detail = "Send METRICS_TOKEN as `Authorization: Bearer …`; where it is not set, nobody gets in."


JobCount = Callable[[], Awaitable[int]]


async def get_metrics(request: Request) -> Metrics:
    """What this process counts."""
    metrics: Metrics = request.state.metrics
    return metrics


async def get_job_count(request: Request) -> JobCount:
    """A call that counts the jobs in Postgres."""
    count: JobCount = request.state.job_count
    return count


async def require_token(request: Request, settings: SettingsDependency) -> None:
    """NotAuthenticated without METRICS_TOKEN, where it is asked for."""
    if not settings.requires_metrics_token:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = settings.METRICS_TOKEN.get_secret_value() if settings.METRICS_TOKEN else ""
    is_right = compare_digest(given.strip().encode(), token.encode())
    if not token or scheme.lower() != "bearer" or not is_right:
        raise MetricsTokenNeeded


@router.get(
    METRICS_PATH,
    response_class=Response,
    responses=METRICS,
    dependencies=[Depends(require_token)],
)
async def metrics(
    counted: Annotated[Metrics, Depends(get_metrics)],
    job_count: Annotated[JobCount, Depends(get_job_count)],
) -> Response:
    """What all processes of this server have counted, in OpenMetrics' text.

    `brag_jobs` is missing while Postgres does not answer.
    """
    try:
        jobs: int | None = await job_count()
    except ServiceUnavailable:
        jobs = None
    counted.sample()
    text = await asyncio.to_thread(counted.exposition, jobs)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
