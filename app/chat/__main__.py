"""The command line of answers: `brag verify FILE`."""

import argparse
import asyncio
import sys

from pydantic import ValidationError

from app.chat.models import Receipt
from app.chat.receipts import ANSWER_IS_GONE, ReceiptService
from app.command_line import open_any_database
from app.core.arguments import add_command, common_options, path_argument
from app.core.caller import NOBODY
from app.core.exceptions import BragError, ConfigurationError
from app.core.signals import Interrupted, until_signal
from app.documents.console import counted, on_one_line, say
from app.users.models import email_argument
from app.users.services import UserService
from settings import Settings, load_settings


def main() -> int:
    """Compares a receipt with what is stored; the exit code is 0 only if nothing has changed."""
    arguments = _parse_arguments()
    try:
        receipt = Receipt.model_validate_json(arguments.file.read_bytes())
        return asyncio.run(until_signal(_verify(load_settings(), receipt, arguments.owner)))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except OSError as error:
        say(f"{on_one_line(str(arguments.file))} cannot be read: {error.strerror}.", sys.stderr)
    except ValidationError:
        say(f"{on_one_line(str(arguments.file))} is not a receipt.", sys.stderr)
    except (BragError, ConfigurationError) as error:
        say(str(error), sys.stderr)
    return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="brag", description=__doc__, parents=[common_options()])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    verify = add_command(
        commands, "verify", "Says what has changed since the receipt of an answer was made."
    )
    verify.add_argument(
        "file",
        type=path_argument,
        metavar="FILE",
        help="what `GET /v1/messages/UUID/receipt` has given",
    )
    verify.add_argument(
        "--owner",
        type=email_argument,
        metavar="ADDRESS",
        help="whose answer it is, if it is a user's",
    )
    return parser.parse_args()


async def _verify(settings: Settings, receipt: Receipt, owner: str | None) -> int:
    async with open_any_database(settings) as database:
        caller = NOBODY if owner is None else await UserService(database).find(owner)
        changes = await ReceiptService(database).changes(caller, receipt)
    for change in changes:
        say(on_one_line(change))
    if ANSWER_IS_GONE in changes and owner is None:
        say("The answers and documents of a user need --owner ADDRESS.", sys.stderr)
    if not changes:
        say(f"Nothing has changed: the answer, and {counted(len(receipt.passages), 'passage')}.")
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
