"""The command line that asks the running service: `brag search` and `brag ask`."""

import argparse
import asyncio
import sys
from typing import Any

from app.client.service import Service
from app.core.arguments import common_options
from app.core.exceptions import ConfigurationError
from app.core.signals import Interrupted, until_signal
from app.documents.console import on_one_line, say
from app.embedded.ports import base_url
from settings import load_settings


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
    common = common_options()
    parser = argparse.ArgumentParser(prog="brag", description=__doc__, parents=[common])
    commands = parser.add_subparsers(dest="command", required=True)
    search = commands.add_parser(
        "search", help="show the best passages for a query", parents=[common]
    )
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--limit", type=int, help="how many passages, 1 to 20")
    ask = commands.add_parser(
        "ask", help="ask the documents, and see the sources", parents=[common]
    )
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--model", help="the model that is to answer, unless it is the service's")
    for command in (search, ask):
        command.add_argument("--url", help="the service's address, unless it is that of .env")
    return parser.parse_args()


async def _search(service: Service, arguments: argparse.Namespace) -> int:
    passages = await service.search(arguments.query, arguments.limit)
    for number, passage in enumerate(passages, 1):
        relevance = "relevant" if passage["relevant"] else "not relevant"
        say(f"{_source_line(number, passage)}  ({relevance})")
        say(f"    {on_one_line(' '.join(passage['text'].split()))}")
    if not passages:
        say("Nothing was found.", sys.stderr)
    return 0


async def _ask(service: Service, arguments: argparse.Namespace) -> int:
    sources: list[dict[str, Any]] = []
    async for name, data in service.ask(arguments.question, arguments.model):
        if name == "sources":
            sources = data
        elif name == "message":
            sys.stdout.write(_shown(data["content"]))
            sys.stdout.flush()
        elif name == "error":
            sys.stdout.write("\n")
            raise ConfigurationError(data["detail"])
    say("")
    if sources:
        say("\nSources:")
    for number, source in enumerate(sources, 1):
        say(_source_line(number, source))
    return 0


def _source_line(number: int, source: dict[str, Any]) -> str:
    page = f", page {source['page']}" if source["page"] else ""
    return on_one_line(f"[{number}] {source['title']}{page}  {source['source']}")


def _shown(text: str) -> str:
    """A delta, without what would move or colour a terminal's cursor."""
    return "\n".join(map(on_one_line, text.replace("\t", " ").split("\n")))


if __name__ == "__main__":
    sys.exit(main())
