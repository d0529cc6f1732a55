"""GET /metrics, the dashboard and the alerts."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final

import httpx2
import orjson
import pytest
import yaml
from pydantic import SecretStr

from app.core.constants import ROOT
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION, COMPLETION_STREAM, QA
from tests.support.fake_openai import FakeOpenAI
from tests.support.metrics import Labels, Shown, samples_of, total
from tests.support.openai_replies import error, stream
from tests.support.psql import run_sql
from tests.support.server import problem_of, serve
from tests.support.template import Template
from tests.support.uploads import ended, post_text, search
from tests.support.waiting import until

METRICS: Final = "/metrics"
MODEL: Final = {"gen_ai_request_model": "fake-model"}
TOKEN: Final = "0123456789abcdef"
DASHBOARD: Final = ROOT / "deploy" / "grafana" / "brag.json"
ALERTS: Final = ROOT / "deploy" / "prometheus" / "alerts.yaml"
STRINGS: Final = re.compile(r'"[^"]*"')
PART: Final = re.compile(r"_(?:bucket|count|sum|created|total)$")
SERIES: Final = re.compile(r"\b((?:brag|gen_ai|http_server)_\w+)(?:\{([^}]*)\})?")
GROUPS: Final = re.compile(r"\bby \(([^)]*)\)")
NOT_OURS: Final = {"le", "job"}


async def scrape(client: httpx2.AsyncClient) -> Shown:
    """What is shown: the labels and the value of each sample, by its name."""
    response = await client.get(METRICS)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/openmetrics-text; version=1")
    return samples_of(response.text)


async def value(client: httpx2.AsyncClient, name: str, **labels: str) -> float:
    """The same of what is shown now."""
    return total(await scrape(client), name, **labels)


@pytest.fixture(scope="module")
async def shown(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """What is shown after one of each thing that is counted."""
    with template.copied() as url:
        async with FakeOpenAI() as fake:
            settings = Settings(
                DATABASE_URL=SecretStr(url),
                DATA_DIR=tmp_path_factory.mktemp("metrics"),
                OPENAI_BASE_URL=fake.url,
                OPENAI_MODEL="fake-model",
            )
            async with serve(settings) as client:
                await work(client, fake)
                return await scrape(client)


async def work(client: httpx2.AsyncClient, fake_openai: FakeOpenAI) -> None:
    """Does one of each thing that is counted."""
    await ended(client, await post_text(client, "Ducks eat seeds and water plants."))
    await search(client, "What do ducks eat?")
    await client.post(QA, json={"message": "What do ducks eat?"})
    await client.post(QA, json={"message": "Who won the football match of 1954?"})
    await client.post(COMPLETION_STREAM, json={"message": "Hi"})
    fake_openai.reply(error(400))
    await client.post(COMPLETION, json={"message": "Hi"})


class TestCounts:
    @pytest.mark.parametrize(
        ("name", "labels", "count"),
        [
            ("http_server_request_duration_seconds_count", {"http_route": QA}, 2),
            ("brag_generations_total", {"status": "complete", "error_type": ""}, 3),
            ("brag_generations_total", {"status": "failed", "error_type": "openai_error"}, 1),
            ("brag_answers_without_sources_total", {}, 1),
            ("gen_ai_client_operation_duration_seconds_count", MODEL | {"error_type": ""}, 2),
            ("gen_ai_client_operation_duration_seconds_count", {"error_type": "openai_error"}, 1),
            ("gen_ai_client_token_usage_count", MODEL | {"gen_ai_token_type": "input"}, 2),
            ("gen_ai_client_token_usage_count", MODEL | {"gen_ai_token_type": "output"}, 2),
            ("gen_ai_server_time_to_first_token_seconds_count", MODEL, 1),
            ("brag_retrieval_duration_seconds_count", {}, 3),
            ("brag_job_duration_seconds_count", {"kind": "ingest", "outcome": "done"}, 1),
            ("brag_jobs", {}, 0),
        ],
    )
    def test_counted(self, shown: Shown, name: str, labels: Labels, count: int) -> None:
        """Requests, answers, completions, tokens, first texts, searches and jobs are counted."""
        assert name in shown
        assert total(shown, name, **labels) == count

    async def test_answer_under_way_is_shown(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """An answer counts as under way until it has ended, and not beyond."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        question = {"message": "Hi"}
        asking = asyncio.create_task(client.post(COMPLETION_STREAM, json=question))

        async def is_under_way() -> bool:
            return await value(client, "brag_generations_in_flight") == 1

        await until(is_under_way)
        released.set()
        await asking
        assert await value(client, "brag_generations_in_flight") == 0

    async def test_clients_invent_no_labels(
        self, client: httpx2.AsyncClient, fake_openai: FakeOpenAI
    ) -> None:
        """Neither paths, nor ids in them, nor methods, nor names of models make a label."""
        await client.get("/invented/path")
        await client.get("/v1/messages/00000000-0000-0000-0000-0000invented")
        await client.request("INVENTED", "/v1/messages")
        await client.post(COMPLETION_STREAM, json={"message": "Hi", "model": "invented"})
        assert "invented" not in (await client.get(METRICS)).text.lower()
        other = {"gen_ai_request_model": "_OTHER"}
        assert await value(client, "gen_ai_client_token_usage_count", **other) == 2
        route = {"http_route": "/v1/messages/{uuid}"}
        assert await value(client, "http_server_request_duration_seconds_count", **route) == 1

    async def test_postgres_away(self, client: httpx2.AsyncClient, own_database_url: str) -> None:
        """Where Postgres does not say how many jobs there are, all the rest is shown."""
        run_sql(own_database_url, "ALTER TABLE job RENAME TO gone")
        shown = await scrape(client)
        assert "brag_jobs" not in shown
        assert "brag_database_calls" in shown


class TestAccess:
    async def test_token(self, make_settings: SettingsFactory) -> None:
        """Only who sends the token reads them, by whichever host name."""
        host = {"Host": "10.0.0.7:8000"}
        async with serve(make_settings(METRICS_TOKEN=TOKEN)) as client:
            for wrong in ("", "Bearer", f"Bearer {TOKEN}0", f"Basic {TOKEN}", TOKEN):
                response = await client.get(METRICS, headers=host | {"Authorization": wrong})
                problem = problem_of(response)
                assert problem["code"] == "not_authenticated", wrong
                assert "METRICS_TOKEN" in problem["detail"]
            right = host | {"Authorization": f"Bearer {TOKEN}"}
            assert (await client.get(METRICS, headers=right)).status_code == 200

    async def test_no_token(self, make_settings: SettingsFactory) -> None:
        """Outside local nobody reads them where no token is set, also where no login is needed."""
        settings = make_settings(ENVIRONMENT="dev", AUTH_REQUIRED=False)
        async with serve(settings) as client:
            for sent in ({}, {"Authorization": "Bearer"}, {"Authorization": f"Bearer {TOKEN}"}):
                assert (await client.get(METRICS, headers=sent)).status_code == 401


def dashboard_queries() -> Iterator[str]:
    """The queries of the dashboard."""
    for panel in orjson.loads(DASHBOARD.read_bytes())["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def alert_queries() -> Iterator[str]:
    """The queries of the alerts."""
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


def names(query: str) -> tuple[set[str], set[str]]:
    """The names of the samples and of the labels that a query reads."""
    plain = STRINGS.sub("", query)
    matchers = [part for _, inside in SERIES.findall(plain) for part in inside.split(",")]
    grouped = [part for inside in GROUPS.findall(plain) for part in inside.split(",")]
    labels = {re.split(r"[=!]", part)[0].strip() for part in [*matchers, *grouped]}
    series = {name for name, _ in SERIES.findall(GROUPS.sub("", plain))}
    return series, labels - {"", *NOT_OURS}


class TestQueries:
    @pytest.mark.parametrize("query", [*dashboard_queries(), *alert_queries()])
    def test_reads_what_is_shown(self, shown: Shown, query: str) -> None:
        """Each query of the dashboard and of the alerts reads series and labels that are there."""
        series, labels = names(query)
        assert series <= shown.keys()
        assert series or query.startswith("up{")
        assert labels <= {label for name in series for have, _ in shown[name] for label in have}

    def test_all_is_on_the_dashboard(self, shown: Shown) -> None:
        """Whatever is shown, the dashboard reads."""
        read = {name for query in dashboard_queries() for name in names(query)[0]}
        assert {PART.sub("", name) for name in shown} == {PART.sub("", name) for name in read}
