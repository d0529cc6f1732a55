"""The command line that asks the running service: `brag search` and `brag ask`."""

import argparse
import asyncio
import sys
from typing import Any, Final

from app.client.service import KEY, Service
from app.core.arguments import add_command, common_options
from app.core.exceptions import ConfigurationError
from app.core.links import base_url
from app.core.signals import Interrupted, until_signal
from app.documents.console import on_one_line, say
from settings import load_settings

STILL_READING: Final = "Documents are still being read: ask again once they are."
NOT_RELEVANT: Final = "`brag search` shows what was found, and how relevant it is."
KEY_HELP: Final = f"It asks the running service, with the key of {KEY} where people sign in."


def main() -> int:
    """Runs one command; the exit code is 0 only if it was answered."""
    arguments = _parse_arguments()
    settings = load_settings()
    service = Service(arguments.url or base_url(settings.HOST, settings.PORT))
    command = _search if arguments.command == "search" else _ask
    try:
        return asyncio.run(until_signal(command(service, arguments)))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except ConfigurationError as error:
        say(str(error), sys.stderr)
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="brag", description=__doc__, parents=[common_options()])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    search = add_command(commands, "search", f"Shows the best passages for a query. {KEY_HELP}")
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--limit", type=int, help="how many passages, 1 to 20")
    ask = add_command(commands, "ask", f"Asks the documents, and shows the sources. {KEY_HELP}")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--model", help="the model that is to answer; else OPENAI_MODEL")
    for command in (search, ask):
        command.add_argument(
            "--url", type=_url, help="where the service is; else at the HOST and PORT of .env"
        )
    return parser.parse_args()


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError("it has to begin with http:// or https://")
    return text


async def _search(service: Service, arguments: argparse.Namespace) -> int:
    passages = await service.search(arguments.query, arguments.limit)
    for number, passage in enumerate(passages, 1):
        say(f"{_source_line(number, passage)}  ({_judgement(passage)})")
        say(f"    {on_one_line(' '.join(passage['text'].split()))}")
    if not passages:
        say("Nothing was found.", sys.stderr)
    return 0


async def _ask(service: Service, arguments: argparse.Namespace) -> int:
    sources = await _show_answer(service, arguments)
    if not sources:
        say(await _reason(service), sys.stderr)
        return 0
    say("\nSources:")
    for number, source in enumerate(sources, 1):
        say(_source_line(number, source))
    return 0


async def _show_answer(service: Service, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Shows an answer as it comes; returns its sources, of which a refusal has none."""
    sources: list[dict[str, Any]] = []
    end = ""
    try:
        async for name, data in service.ask(arguments.question, arguments.model):
            if name == "sources":
                sources = data
            elif name == "message":
                sys.stdout.write(_shown(data["content"]))
                sys.stdout.flush()
                end = "\n"
            elif name == "error":
                raise ConfigurationError(data["detail"])
    finally:
        sys.stdout.write(end)
    return sources


async def _reason(service: Service) -> str:
    """Why nothing relevant was found, as far as that can be told."""
    try:
        return STILL_READING if await service.is_reading() else NOT_RELEVANT
    except ConfigurationError:  # a key without the scope `read`
        return NOT_RELEVANT


def _judgement(passage: dict[str, Any]) -> str:
    relevance = "relevant" if passage["relevant"] else "not relevant"
    return f"{relevance}: evidence {passage['evidence']:.3f}, threshold {passage['threshold']:.3f}"


def _source_line(number: int, source: dict[str, Any]) -> str:
    page = f", page {source['page']}" if source["page"] else ""
    return on_one_line(f"[{number}] {source['title']}{page}  {source['source']}")


def _shown(text: str) -> str:
    """A delta, without what would move the cursor of a terminal or change its colours."""
    return "\n".join(map(on_one_line, text.replace("\t", " ").split("\n")))


if __name__ == "__main__":
    sys.exit(main())
