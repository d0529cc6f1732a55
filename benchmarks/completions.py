"""JSON answers: requests a second, and CPU for each."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from benchmarks.answers import Answer
from benchmarks.load import Load
from benchmarks.report import Row
from benchmarks.rig import Plan, Reading, Rig

COMPLETION = Load("/v1/completion", Answer(tokens=50))
QA = Load("/v1/qa-create", Answer(tokens=50))


def completion(rig: Rig, plan: Plan) -> Iterator[Row]:
    """`/v1/completion`, one caller and sixteen, beside the floor."""
    with rig.floor() as floor, rig.brag() as brag:
        for callers in (1, 16):
            load = replace(COMPLETION, callers=callers, seconds=plan.seconds)
            rig.alternate(replace(load, seconds=0.5), 1, floor, brag)
            yield from _rows(load, *rig.alternate(load, plan.rounds, floor, brag))


def qa(rig: Rig, plan: Plan) -> Iterator[Row]:
    """`/v1/qa-create`, sixteen callers; the floor has no retrieval."""
    with rig.brag() as brag:
        load = replace(QA, callers=16, seconds=plan.seconds)
        rig.measure(brag, replace(load, seconds=0.5))
        [readings] = rig.alternate(load, plan.rounds, brag)
        yield from _rows(load, None, readings)


def _rows(load: Load, floor: list[Reading] | None, brag: list[Reading]) -> Iterator[Row]:
    what = f"`{load.path}`, {load.callers} caller{'s' if load.callers > 1 else ''}"
    yield Row(
        f"{what}: requests/s",
        median(reading.rate for reading in floor) if floor else None,
        median(reading.rate for reading in brag),
    )
    yield Row(
        f"{what}: CPU ms/request",
        median(reading.server_ms for reading in floor) if floor else None,
        median(reading.server_ms for reading in brag),
        median(reading.postgres_ms for reading in brag),
    )
