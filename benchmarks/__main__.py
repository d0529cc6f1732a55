"""`python -m benchmarks`: what bRAG costs, side by side with a floor, as a Markdown table."""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator

from benchmarks.beside import beside
from benchmarks.chats import chats
from benchmarks.clients import clients
from benchmarks.completions import completion, qa
from benchmarks.footprint import footprint
from benchmarks.hostile import hostile
from benchmarks.ingestion import embedding, ingestion
from benchmarks.report import Row, table
from benchmarks.retrieval import retrieval
from benchmarks.rig import Plan, Rig, open_rig
from benchmarks.streams import concurrent, first_token
from benchmarks.traces import traces
from benchmarks.walls import walls

PARTS: dict[str, Callable[[Rig, Plan], Iterator[Row]]] = {
    "completion": completion,
    "qa": qa,
    "walls": walls,
    "traces": traces,
    "chats": chats,
    "clients": clients,
    "first-token": first_token,
    "streams": concurrent,
    "retrieval": retrieval,
    "embedding": embedding,
    "ingestion": ingestion,
    "beside": beside,
    "hostile": hostile,
    "footprint": footprint,
}
FULL = Plan(
    rounds=3,
    seconds=2,
    calls=60,
    tokens=100,
    documents=50,
    passages=50_000,
    searches=500,
    beside_seconds=20,
)
QUICK = Plan(
    rounds=1,
    seconds=1,
    calls=30,
    tokens=40,
    documents=20,
    passages=10_000,
    searches=100,
    beside_seconds=5,
)

logger = logging.getLogger("benchmarks")


def main() -> None:
    """Measures the parts asked for, telling on stderr how far it is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round of everything")
    parser.add_argument("--only", choices=PARTS, help="one part")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logger.setLevel(logging.INFO)
    parts = [arguments.only] if arguments.only else list(PARTS)
    rows = list(measure(parts, QUICK if arguments.quick else FULL))
    sys.stdout.write(f"{table(rows)}\n")


def measure(parts: list[str], plan: Plan) -> Iterator[Row]:
    """The rows of these parts, measured one after the other."""
    logger.info("Starting Postgres and the mock; ingesting bRAG's own documents.")
    with open_rig() as rig:
        for number, part in enumerate(parts, start=1):
            logger.info("%d/%d %s", number, len(parts), part)
            for row in PARTS[part](rig, plan):
                logger.info("    %s", row)
                yield row


if __name__ == "__main__":
    main()
