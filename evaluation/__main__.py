"""`python -m evaluation`: how good retrieval is on every labelled set at hand, as a Markdown table.

The sets are the questions about bRAG's own documents beside this file, and each folder of EVAL_DIR
that holds a corpus.jsonl and a queries.jsonl.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from app.core.exceptions import BragError, ConfigurationError
from app.documents.console import Interrupted, until_told
from app.documents.exceptions import UnusableSet
from app.documents.measuring import evaluate
from app.documents.reports import Report, table, write_json
from app.embedded.exceptions import EmbeddedStartFailed
from settings import load_settings

OWN_QUESTIONS = Path(__file__).with_name("questions.jsonl")
OWN_DOCUMENTS = (Path("README.md"), Path("docs"))

logger = logging.getLogger("evaluation")


class LabelledSet(NamedTuple):
    """Questions, and the documents that they are about."""

    name: str
    questions: Path
    corpus: tuple[Path, ...]


def main() -> int:
    """Measures each set in a knowledge base of its own, telling on stderr how far it is."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the numbers as JSON too")
    arguments = parser.parse_args()
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logger.setLevel(logging.INFO)
    try:
        reports = [_measure(each) for each in find_sets(os.environ.get("EVAL_DIR"))]
        sys.stdout.write(f"{table(reports)}\n")
        if arguments.json is not None:
            write_json(reports, arguments.json)
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (BragError, ConfigurationError, EmbeddedStartFailed, UnusableSet) as error:
        logger.critical("%s", error)
        return 1
    return 0


def find_sets(folder: str | None) -> Iterator[LabelledSet]:
    """Our own set, and then those of a folder, by name."""
    yield LabelledSet("own", OWN_QUESTIONS, OWN_DOCUMENTS)
    for corpus in sorted(Path(folder).glob("*/corpus.jsonl")) if folder else ():
        queries = corpus.with_name("queries.jsonl")
        if queries.exists():
            yield LabelledSet(corpus.parent.name, queries, (corpus,))


def _measure(labelled: LabelledSet) -> Report:
    logger.info("Measuring %s.", labelled.name)
    evaluating = evaluate(load_settings(), labelled.name, labelled.questions, labelled.corpus)
    return asyncio.run(until_told(evaluating))


if __name__ == "__main__":
    sys.exit(main())
