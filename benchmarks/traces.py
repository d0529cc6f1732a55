"""What traces cost: by default, and of every request. The floor is bRAG without traces."""

from collections.abc import Iterator
from dataclasses import replace
from statistics import median
from typing import Final

from benchmarks.completions import COMPLETION
from benchmarks.report import Row
from benchmarks.rig import Plan, Rig

CALLERS: Final = 16
TURNS: Final = 10  # for each round of other parts, and shorter: the differences are small
SAMPLERS: Final = {
    "by default": {},
    "of every request": {"OTEL_TRACES_SAMPLER": "always_on"},
}


def traces(rig: Rig, plan: Plan) -> Iterator[Row]:
    """CPU of `/v1/completion`, and idle memory."""
    load = replace(COMPLETION, callers=CALLERS, seconds=plan.seconds / 2)
    with rig.otlp_receiver() as receiver:
        endpoint = f"http://127.0.0.1:{receiver.port}"
        for which, sampler in SAMPLERS.items():
            tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **sampler}
            stores = rig.empty_store("without"), rig.empty_store("traced")
            with rig.brag(stores[0]) as without, rig.brag(stores[1], **tracing) as traced:
                idle = without.memory_mb(), traced.memory_mb()
                rig.alternate(replace(load, seconds=2), 1, without, traced)
                readings = rig.alternate(load, TURNS * plan.rounds, without, traced)
            yield Row(
                f"`{load.path}`, {CALLERS} callers, traces {which}: CPU ms/request",
                *(median(reading.server_ms for reading in those) for those in readings),
            )
            yield Row(f"memory, idle, traces {which}: MB", *idle)
