"""bRAG's command line: one command for all that there is to run."""

import argparse
import os
import runpy
import sys
from typing import Final, NamedTuple

from app.core.arguments import FOLDER, common_options
from app.core.signals import until_reader_leaves


class Command(NamedTuple):
    """A module that does the work, the words that it is called with, and the help."""

    module: str
    words: tuple[str, ...]
    help: str


COMMANDS: Final = {
    "run": Command("app.embedded", (), "start everything here: Postgres, a model, the API"),
    "ingest": Command("app.documents", ("ingest",), "put files, or all files of folders, in"),
    "list": Command("app.documents", ("list",), "show the documents that are there"),
    "delete": Command("app.documents", ("delete",), "take a document out"),
    "search": Command("app.client", ("search",), "show the best passages for a query"),
    "ask": Command("app.client", ("ask",), "ask the documents, and see the sources"),
    "reindex": Command("app.documents", ("reindex",), "rebuild Qdrant from Postgres"),
    "reingest": Command("app.documents", ("reingest",), "read the kept originals anew"),
    "work": Command("app.documents", ("work",), "ingest what others put in, until stopped"),
    "users": Command("app.users", (), "make users, and links with which they sign in"),
    "verify": Command("app.chat", ("verify",), "say what has changed since a receipt was made"),
    "evaluate": Command("evaluation", ("evaluate",), "measure how good retrieval is"),
    "calibrate": Command("evaluation", ("calibrate",), "store the best relevance threshold"),
    "answers": Command("evaluation", ("answers",), "measure how good the answers are"),
}


def main() -> None:
    """Runs a command in this process; its exit code is that of the module that does it."""
    arguments = _parse_arguments()
    command = COMMANDS[arguments.command]
    if command.module == "app.embedded":
        os.environ.pop(FOLDER, None)  # what it starts names files of the checkout
    sys.argv = ["brag", *command.words, *arguments.rest]
    with until_reader_leaves():
        runpy.run_module(command.module, run_name="__main__", alter_sys=True)


def _parse_arguments() -> argparse.Namespace:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {command.help}" for name, command in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        prog="brag",
        description=__doc__,
        epilog="\n".join(["commands:", *lines, "", "brag COMMAND --help says more of each."]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[common_options()],
    )
    parser.add_argument(
        "command", nargs="?", choices=COMMANDS, metavar="COMMAND", help="one of those below"
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="...", help="what it takes")
    arguments = parser.parse_args()
    if arguments.command is None:
        parser.exit(2, parser.format_help())
    return arguments


if __name__ == "__main__":
    main()
