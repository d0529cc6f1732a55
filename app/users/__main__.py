"""The command line of users, for operators: `brag users COMMAND`."""

import argparse
import asyncio
import sys
from typing import Final

from app.command_line import open_any_database
from app.core.arguments import add_command, common_options
from app.core.exceptions import BragError, ConfigurationError
from app.core.signals import Interrupted, until_signal
from app.db import Database
from app.users.login import LoginService
from app.users.models import email_argument
from app.users.secret_key import load_secret_key
from app.users.services import UserService
from app.users.tokens import TokenHasher
from settings import Settings, load_settings

HELP: Final = {
    "list": "Shows all users.",
    "create": "Makes a user of an address.",
    "link": "Prints a link with which a user signs in, once. It leads to PUBLIC_URL, or else to "
    "HOST and PORT.",
    "adopt": "Gives a user the documents and messages that nobody owns.",
    "delete": "Deletes a user, and all that is theirs.",
}


def main() -> int:
    """Runs one command; the exit code is 0 only if it succeeded."""
    arguments = _parse_arguments()
    try:
        return asyncio.run(until_signal(_run(load_settings(), arguments)))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (BragError, ConfigurationError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="brag users", description=__doc__, parents=[common_options()]
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in HELP.items():
        command = add_command(commands, name, text)
        if name != "list":
            command.add_argument("email", type=email_argument, metavar="ADDRESS")
    return parser.parse_args()


async def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_any_database(settings) as database:
        say = sys.stdout.write
        lines = await _lines(settings, database, arguments)
        for line in lines:
            say(f"{line}\n")
    if not lines:
        sys.stderr.write("There are no users.\n")
    return 0


async def _lines(
    settings: Settings, database: Database, arguments: argparse.Namespace
) -> list[str]:
    """What a command has to say once it is done."""
    users = UserService(database)
    if arguments.command == "list":
        return [
            f"{user.uuid}  {user.created_at:%Y-%m-%d}  {user.email}"
            for user in await users.everyone()
        ]
    if arguments.command == "create":
        user = await users.create(arguments.email)
        return [f"{user.uuid}  {user.email}"]
    caller = await users.find(arguments.email)
    match arguments.command:
        case "link":
            hasher = TokenHasher(await asyncio.to_thread(load_secret_key, settings))
            logins = LoginService(database, hasher, settings)
            return [(await logins.link(arguments.email))[0]]
        case "adopt":
            given = await users.adopt(caller)
            told = f"Theirs now: documents {given.documents}, messages {given.messages}."
            left = f"Stay shared: {given.left}, being read or of a source that the user has."
            return [told, left] if given.left else [told]
        case "delete":
            await users.delete(caller)
            return ["Deleted, with all that was theirs."]
    raise AssertionError(arguments.command)


if __name__ == "__main__":
    sys.exit(main())
