"""Every fault of every dependency that an endpoint touches, at every moment; and single calls.

A case is a subtest, so that pytest counts and names them.
"""

from collections.abc import Callable
from itertools import product
from typing import Final

import pytest

from tests.faults.answers import TOLD
from tests.faults.case import AFTER, BEFORE, DURING, run_together
from tests.faults.conftest import CasesOf
from tests.faults.endpoints import CANCEL, ENDPOINTS
from tests.support.network_faults import (
    Bandwidth,
    Cut,
    Fault,
    Hang,
    Latency,
    LostCall,
    Refuse,
    Reset,
    Slices,
)

pytestmark = pytest.mark.faults

FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "latency": lambda: Latency(0.005),
    "bandwidth": lambda: Bandwidth(200_000),
    "slices": lambda: Slices(32),
    "reset": Reset,
    "cut": lambda: Cut(20),
    "refuse": Refuse,
    "hang": Hang,
}
MOST_CALLS: Final = 100  # of one request; what the service does besides counts too


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("operation", ENDPOINTS)
async def test_matrix(
    operation: str, name: str, cases_of: CasesOf, subtests: pytest.Subtests
) -> None:
    """Whatever fails and when: the documented answer in time, nothing lost, nothing left behind."""
    for case, moment in product(cases_of(operation), (BEFORE, DURING, AFTER)):
        with subtests.test(dependency=case.dependency, moment=moment):
            await case.run(FAULTS[name](), moment)


@pytest.mark.parametrize("stays", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("answer_only", [False, True], ids=["call", "answer"])
@pytest.mark.parametrize("operation", ENDPOINTS)
async def test_lost(
    *, operation: str, answer_only: bool, stays: bool, cases_of: CasesOf, subtests: pytest.Subtests
) -> None:
    """The n-th call to a dependency is lost, or its answer; for each n until a request passes."""
    for case in cases_of(operation):
        for number in range(1, MOST_CALLS):
            fault = LostCall(number, answer_only=answer_only, stays=stays)
            with subtests.test(dependency=case.dependency, number=number):
                await case.run(fault, BEFORE)
            if not fault.has_struck:
                break


@pytest.mark.parametrize(
    "name", [name for name, fault in FAULTS.items() if not fault().is_harmless]
)
@pytest.mark.parametrize("dependency", TOLD)
async def test_together(
    dependency: str, name: str, cases_of: CasesOf, subtests: pytest.Subtests
) -> None:
    """What holds of one endpoint holds of all at once; but a question may find no place."""
    cases = [case for operation in ENDPOINTS if operation != CANCEL for case in cases_of(operation)]
    for share in (0.2, 0.5, 0.8):
        with subtests.test(share=share):
            touching = [case for case in cases if case.dependency == dependency]
            await run_together(touching, FAULTS[name](), share)
