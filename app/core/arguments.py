"""What every command line takes: paths as their user means them, and its common options."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app import version

# Where `brag` was called: it runs in the checkout, whose .env and data are the ones that count.
FOLDER: Final = "BRAG_FOLDER"


def path_argument(name: str) -> Path:
    """A path as the user means it, who stands where `brag` was called."""
    if not name:  # of a variable that is not set: Path would take it for the working directory
        raise argparse.ArgumentTypeError("it is empty")
    return Path(os.environ.get(FOLDER, "")) / Path(name).expanduser()


class _SetDataDir(argparse.Action):
    """Sets DATA_DIR in the environment, where it is checked as a setting and seen by every part."""

    def __call__(self, _parser: Any, _namespace: Any, values: Any, _option: Any = None) -> None:
        os.environ["DATA_DIR"] = str(values)


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    aliases: Sequence[str] = (),
) -> argparse.ArgumentParser:
    """The parser of a command; `text` explains it in its own help and in that of all commands."""
    return commands.add_parser(
        name, aliases=aliases, help=text, description=text, parents=[common_options()]
    )


def common_options() -> argparse.ArgumentParser:
    """The options of every command, as a parent of its parser."""
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument(
        "--data-dir",
        action=_SetDataDir,
        type=path_argument,
        default=argparse.SUPPRESS,
        metavar="DIR",
        help="where the knowledge base is kept, in place of DATA_DIR",
    )
    options.add_argument("--version", action="version", version=f"bRAG {version}")
    return options
