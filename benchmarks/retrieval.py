"""Retrieval over a large knowledge base in one process: search alone, and with all around it."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median, quantiles

import orjson

from benchmarks.processes import isolated
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig, Store, open_store
from benchmarks.searching import CALLERS, Timings


def retrieval(_: Rig, plan: Plan) -> Iterator[Row]:
    """A store of its own is filled by one process and searched by another."""
    with open_store() as store:
        _run(store, "filling", plan.passages)
        timings = Timings(**orjson.loads(_run(store, "searching", plan.searches, plan.rounds)))
    many = f"{plan.passages:,} passages"
    where = f"of {many}"
    yield from _alone(where, timings.alone)
    yield Row(
        f"search {where}, 1 caller (floor: embedding the question): ms, median",
        median(timings.embedding),
        median(timings.new),
    )
    yield Row(
        f"search {where}, {CALLERS} callers (floor: embedding the question): CPU ms",
        median(timings.embedding_cpu),
        median(timings.search_cpu),
    )
    yield Row(
        f"search {where}, a repeated question (floor: a new one): ms, median",
        median(timings.new),
        median(timings.repeated),
    )
    yield Row(f"memory of a process that searches {many}, MB", None, timings.memory_mb)


def _alone(where: str, alone: dict[str, list[float]]) -> Iterator[Row]:
    """Without a filter, and with the kind of filter that takes longest."""
    for name, cut in (("median", 49), ("99th percentile", 98)):
        figures = {
            kind: quantiles(timings, n=100, method="inclusive")[cut]
            for kind, timings in alone.items()
        }
        plain = figures.pop("none")
        worst = max(figures, key=lambda kind: figures[kind])
        what = f"search {where}, its vector given: ms, {name}"
        yield Row(what, None, plain)
        yield Row(f"{what}, worst filter ({worst})", None, figures[worst])


def _run(store: Store, module: str, *arguments: int) -> bytes:
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    environment = isolated(**store.environment)
    done = subprocess.run(
        command, cwd=store.directory, env=environment, stdout=subprocess.PIPE, check=True
    )
    return done.stdout
