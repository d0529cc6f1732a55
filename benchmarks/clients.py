"""What an answer costs by the OpenAI API; here the floor is `/v1/completion`, in the same run."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Final

from benchmarks.completions import COMPLETION
from benchmarks.load import UPSTREAM_PATH
from benchmarks.report import Row
from benchmarks.rig import Plan, Reading, Rig

CALLERS: Final = 16
TURNS: Final = 3  # as many rounds as others: the differences are small


def clients(rig: Rig, plan: Plan) -> Iterator[Row]:
    """A whole answer by either door, sixteen callers."""
    own = replace(COMPLETION, callers=CALLERS, seconds=plan.seconds)
    by_openai = replace(own, path=UPSTREAM_PATH, stream=False)
    readings: dict[str, list[Reading]] = {own.path: [], by_openai.path: []}
    with rig.brag() as brag:
        for load in (own, by_openai):
            rig.measure(brag, replace(load, seconds=0.5))
        for _ in range(TURNS * plan.rounds):
            for load in (own, by_openai):
                readings[load.path].append(rig.measure(brag, load))
    floor, ours = (median(one.server_ms for one in those) for those in readings.values())
    yield Row(f"`{UPSTREAM_PATH}` for `{own.path}`: CPU ms/request", floor, ours)
