"""How soon a server answers, and how much memory it takes."""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from benchmarks.answers import Answer
from benchmarks.load import Load
from benchmarks.processes import Server
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig

LOADS = (
    Load("/v1/completion", Answer(tokens=50), callers=16, seconds=1),
    Load("/v1/completion-stream", Answer(tokens=20, tokens_per_second=40), 100, calls_each=1),
)


class Footprint(NamedTuple):
    """One life of a server."""

    start_sec: float
    idle_mb: float
    loaded_mb: float


def footprint(rig: Rig, plan: Plan) -> Iterator[Row]:
    """Servers started anew, the floor and bRAG in turns."""
    lives = [(_live(rig, rig.floor()), _live(rig, rig.brag())) for _ in range(plan.rounds)]
    floor, brag = (
        Footprint(*map(median, zip(*side, strict=True))) for side in zip(*lives, strict=True)
    )
    yield Row("start to first 200, s", floor.start_sec, brag.start_sec)
    yield Row("memory, idle, MB", floor.idle_mb, brag.idle_mb)
    yield Row("memory after load, MB", floor.loaded_mb, brag.loaded_mb)


def _live(rig: Rig, server: Server) -> Footprint:
    with server:
        idle_mb = server.memory_mb()
        for load in LOADS:
            rig.measure(server, load)
        return Footprint(server.start_sec, idle_mb, server.memory_mb())
