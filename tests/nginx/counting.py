"""What callers were told, and what servers have counted, which must be the same."""

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path

import aiohttp
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import generate_latest

from benchmarks.mock_openai import USAGE
from tests.nginx.crowd import STREAMS, Crowd
from tests.support.asking import ALL
from tests.support.metrics import Shown, samples_of, total

Counts = dict[str, float]


def told(crowd: Crowd) -> Counts:
    """What the callers know."""
    answered = crowd.answered
    return {
        **{f"200 {path}": answered[path] for path in ALL},
        **{f"503 {path}": crowd.refused[path] for path in ALL},
        "answers": answered.total(),
        "completions": answered.total(),
        "first tokens": sum(answered[path] for path in STREAMS),
        "prompt tokens": answered.total() * USAGE["prompt_tokens"],
        "completion tokens": answered.total() * USAGE["completion_tokens"],
    }


def counted(servers: Collection[Shown]) -> Counts:
    """The same, as these servers show it together."""

    def summed(name: str, **labels: str) -> float:
        return sum(total(shown, name, **labels) for shown in servers)

    def requests(status: str) -> Counts:
        name = "http_server_request_duration_seconds_count"
        with_status = partial(summed, name, http_response_status_code=status)
        return {f"{status} {path}": with_status(http_route=path) for path in ALL}

    completions = "gen_ai_client_operation_duration_seconds_count"
    tokens = "gen_ai_client_token_usage_sum"
    return {
        **requests("200"),
        **requests("503"),
        "answers": summed("brag_generations_total", status="complete"),
        "completions": summed(completions, error_type=""),
        "first tokens": summed("gen_ai_server_time_to_first_token_seconds_count"),
        "prompt tokens": summed(tokens, gen_ai_token_type="input"),
        "completion tokens": summed(tokens, gen_ai_token_type="output"),
    }


async def scraped(url: str, token: str) -> Shown:
    """What a server shows."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(url) as session,
        session.get("/metrics", headers=headers) as response,
    ):
        assert response.status == 200
        return samples_of(await response.text())


def link_files(folder: Path, to: Path) -> None:
    """Keeps the files in which the processes of a server count; it removes them as it ends.

    While it finishes its last answers it listens no more, and so can be scraped no more.
    """
    to.mkdir()
    for file in folder.glob("brag-metrics-*/*.db"):
        os.link(file, to / file.name)


def shown_in(files: Path) -> Shown:
    """What a server would have shown at its end."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, str(files))  # type: ignore[no-untyped-call]
    return samples_of(generate_latest(registry).decode())  # type: ignore[no-untyped-call]
