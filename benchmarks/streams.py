"""Streams: the wait for the first token, CPU for each chunk, and how many go well at once."""

from collections.abc import Iterator
from itertools import chain
from statistics import median, quantiles

from benchmarks.answers import Answer
from benchmarks.load import Load
from benchmarks.report import Row
from benchmarks.rig import Plan, Reading, Rig

PATH = "/v1/completion-stream"
TOKENS_PER_SECOND = 40


def first_token(rig: Rig, plan: Plan) -> Iterator[Row]:
    """One stream at a time: what comes on top of the upstream's own time to its first token."""
    answer = Answer(tokens=2, tokens_per_second=TOKENS_PER_SECOND)
    load = Load(PATH, answer, calls_each=plan.calls)
    with rig.floor() as floor, rig.brag() as brag:
        rig.alternate(load, 1, floor, brag)
        upstream, *others = map(_waits, rig.alternate(load, plan.rounds, rig.mock, floor, brag))
    for name, cut in (("median", 49), ("99th percentile", 98)):
        alone = _percentile(upstream, cut)
        floor_ms, brag_ms = (_percentile(times, cut) - alone for times in others)
        yield Row(f"stream: added time to first token, ms, {name}", floor_ms, brag_ms)


def concurrent(rig: Rig, plan: Plan) -> Iterator[Row]:
    """Many streams opened in the same moment, each at the pace of a fast model."""
    answer = Answer(plan.tokens, TOKENS_PER_SECOND)
    with rig.floor() as floor, rig.brag() as brag:
        rig.alternate(Load(PATH, answer, callers=20, calls_each=1), 1, floor, brag)
        for streams in (200, 500):
            load = Load(PATH, answer, callers=streams, calls_each=1)
            upstream, brags = rig.alternate(load, plan.rounds, rig.mock, brag)
            # The floor needs many times as long: it is measured once for each size.
            [floors] = rig.alternate(load, 1, floor)
            yield from _rows(load, upstream, floors, brags)


def _rows(
    load: Load, upstream: list[Reading], floor: list[Reading], brag: list[Reading]
) -> Iterator[Row]:
    what = f"{load.callers} streams"
    postgres_ms = median(reading.postgres_ms for reading in brag)
    floor_ms, brag_ms = (median(reading.server_ms for reading in side) for side in (floor, brag))
    yield Row(f"{what}: CPU ms/stream", floor_ms, brag_ms, postgres_ms)
    chunk = load.answer.tokens / 1000
    yield Row(f"{what}: CPU µs/chunk", floor_ms / chunk, brag_ms / chunk, postgres_ms / chunk)
    floor_right, brag_right = (
        min(reading.outcome.correct for reading in side) for side in (floor, brag)
    )
    yield Row(f"{what}: complete and byte-exact", floor_right, brag_right)
    alone = median(reading.outcome.seconds for reading in upstream)
    yield Row(
        f"{what}: time of the slowest round, of the upstream's own {alone:.2f} s",
        max(reading.outcome.seconds for reading in floor) / alone,
        max(reading.outcome.seconds for reading in brag) / alone,
    )


def _waits(readings: list[Reading]) -> list[float]:
    return list(chain.from_iterable(reading.outcome.first_token_ms for reading in readings))


def _percentile(values: list[float], cut: int) -> float:
    return quantiles(values, n=100, method="inclusive")[cut]
