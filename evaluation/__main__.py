"""`brag evaluate`, `brag calibrate`, `brag answers`: how good retrieval and answers are."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from app.command_line import open_any_database
from app.core.arguments import add_command, common_options, path_argument
from app.core.exceptions import BragError, ConfigurationError
from app.core.links import base_url
from app.core.signals import Interrupted, until_signal
from app.documents.console import say
from evaluation.answers import ask_service
from evaluation.calibration import calibrate, reset_calibration, store_calibration
from evaluation.dataset import read_expected_answers
from evaluation.exceptions import ServiceUnreachable, UnusableSet
from evaluation.report import answer_table, curve, table, write_json
from evaluation.runner import evaluate, measure_evidence
from settings import Settings, load_settings

HERE: Final = Path(__file__).parent
OWN_QUESTIONS: Final = HERE / "questions.jsonl"
OWN_ANSWERS: Final = HERE / "answers.jsonl"
# A snapshot: figures compare from one version to the next, however README and docs change.
OWN_DOCUMENTS: Final = Path("evaluation") / "documents"
IDENTIFIERS: Final = HERE / "identifiers.jsonl"
MANUALS: Final = Path("evaluation") / "manuals"  # made up, for IDENTIFIERS to ask about
EVALUATE: Final = ("evaluate", "run")  # what the command is called, and what it was called before

HELP: Final = {
    "evaluate": "Measures how good retrieval is on labelled questions. Without a FILE: on those "
    "about bRAG's own documents, on those about made-up manuals, and on each folder of EVAL_DIR "
    "that holds a corpus.jsonl and a queries.jsonl.",
    "calibrate": "Finds the threshold that answers and refuses labelled questions best, and stores "
    "it.",
    "answers": "Asks the running service, and says in how many answers a right sentence stands. "
    "The key of BRAG_API_KEY is sent.",
}

logger = logging.getLogger("evaluation")


class LabelledSet(NamedTuple):
    """Questions, and the documents that they are about; None: those of the knowledge base."""

    name: str
    questions: Path
    corpus: list[Path] | None


def main() -> int:
    """Runs one command; the exit code is 0 only if all of it succeeded."""
    arguments = _parse_arguments()
    logging.basicConfig(format="%(message)s", stream=sys.stderr, force=True)
    logger.setLevel(logging.INFO)
    try:
        command = COMMANDS[arguments.command]
        asyncio.run(until_signal(command(load_settings(), arguments)))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (BragError, ConfigurationError, ServiceUnreachable, UnusableSet) as error:
        logger.critical("%s", error)
        return 1
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="brag", description=__doc__, parents=[common_options()])
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    run = add_command(commands, "evaluate", HELP["evaluate"], aliases=("run",))
    calibration = add_command(commands, "calibrate", HELP["calibrate"])
    for command in (run, calibration):
        _add_set(command)
    calibration.add_argument(
        "--reset", action="store_true", help="undo the last calibration instead"
    )
    _add_answers(add_command(commands, "answers", HELP["answers"]))
    for command in (parser, run):
        command.add_argument(
            "--json", type=path_argument, metavar="OUT", help="write the numbers as JSON too"
        )
    arguments = parser.parse_args()
    if arguments.command == "calibrate" and (arguments.file is None) != arguments.reset:
        calibration.error("give either a FILE or --reset")
    if arguments.command in EVALUATE and arguments.corpus and arguments.file is None:
        run.error("--corpus needs the FILE with the questions about it")
    return arguments


def _add_set(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file", type=path_argument, metavar="FILE", nargs="?", help="questions, as JSON lines"
    )
    command.add_argument(
        "--corpus",
        nargs="+",
        type=path_argument,
        metavar="PATH",
        help="ask a temporary knowledge base of these: .jsonl (id, title, text), files, folders",
    )


def _add_answers(answers: argparse.ArgumentParser) -> None:
    answers.add_argument(
        "file",
        nargs="?",
        type=path_argument,
        default=OWN_ANSWERS,
        metavar="FILE",
        help="questions and right sentences, as JSON lines; else those about bRAG's own documents",
    )
    answers.add_argument("--url", help="where the service is; else at the HOST and PORT of .env")
    answers.add_argument("--model", help="the model that is to answer; else OPENAI_MODEL")


async def _evaluate(settings: Settings, arguments: argparse.Namespace) -> None:
    """Measures the set of FILE, or without one every set that `find_sets` finds."""
    if arguments.command and arguments.file:
        sets = [LabelledSet(arguments.file.stem, arguments.file, arguments.corpus)]
    else:
        sets = await asyncio.to_thread(lambda: list(find_sets(os.environ.get("EVAL_DIR"))))
    reports = []
    for labelled in sets:
        logger.info("Measuring %s.", labelled.name)
        reports += await evaluate(settings, labelled.name, labelled.questions, labelled.corpus)
    say(table(reports))
    if arguments.json is not None:
        await asyncio.to_thread(write_json, reports, arguments.json)


async def _calibrate(settings: Settings, arguments: argparse.Namespace) -> None:
    """Finds the relevance threshold and stores it, or undoes that."""
    if arguments.reset:
        await _reset(settings)
        return
    sample = await measure_evidence(settings, arguments.file, arguments.corpus)
    calibration = calibrate(sample)
    say(curve(calibration, sample))
    async with open_any_database(settings) as database:
        await store_calibration(database, settings.EMBEDDING_MODEL, calibration)
    say(f"Stored for {settings.EMBEDDING_MODEL}. Servers that run take it up within a minute.")
    if settings.RELEVANCE_THRESHOLD is not None:
        say(f"But RELEVANCE_THRESHOLD={settings.RELEVANCE_THRESHOLD} is set, and goes before it.")


async def _reset(settings: Settings) -> None:
    async with open_any_database(settings) as database:
        was_there = await reset_calibration(database, settings.EMBEDDING_MODEL)
    undone = f"The calibration of {settings.EMBEDDING_MODEL} is undone."
    say(undone if was_there else f"{settings.EMBEDDING_MODEL} has no calibration.")


async def _judge_answers(settings: Settings, arguments: argparse.Namespace) -> None:
    """Puts the questions to a running service, and says which answers are right."""
    expected = await asyncio.to_thread(read_expected_answers, arguments.file)
    url = (arguments.url or base_url(settings.HOST, settings.PORT)).rstrip("/")
    say(answer_table(await ask_service(url, expected, arguments.model)))


COMMANDS: Final = {
    None: _evaluate,
    "evaluate": _evaluate,
    "run": _evaluate,
    "calibrate": _calibrate,
    "answers": _judge_answers,
}


def find_sets(folder: str | None) -> Iterator[LabelledSet]:
    """Our own sets, and then those of a folder, by name."""
    yield LabelledSet("own", OWN_QUESTIONS, [OWN_DOCUMENTS])
    yield LabelledSet("identifiers", IDENTIFIERS, [MANUALS])
    for corpus in sorted(Path(folder).glob("*/corpus.jsonl")) if folder else ():
        queries = corpus.with_name("queries.jsonl")
        if queries.exists():
            yield LabelledSet(corpus.parent.name, queries, [corpus])


if __name__ == "__main__":
    sys.exit(main())
