"""The command line of the knowledge base: `python -m app.documents COMMAND`."""

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

from app.command_line import open_any_database
from app.core.caller import NOBODY, Caller
from app.core.exceptions import BragError, ConfigurationError, NotFound
from app.core.signals import Interrupted, until_signal
from app.db import Database
from app.documents.console import follow, follow_all, on_one_line, say
from app.documents.drift import drift
from app.documents.models import DocumentStatus, NewDocument, default_title
from app.documents.runtime import open_knowledge, open_workplace
from app.documents.services import DocumentService
from app.loaders import find_files
from app.loaders.media_types import UNKNOWN
from app.users.models import email_argument
from app.users.services import UserService
from settings import Settings, load_settings

PAGE: Final = 200
MOVED: Final = {
    name: f"`{name}` has moved: run `python -m evaluation {new}`."
    for name, new in (("evaluate", "run FILE"), ("calibrate", "calibrate FILE"))
}


def main() -> int:
    """Runs one command; the exit code is 0 only if all of it succeeded."""
    if len(sys.argv) > 1 and sys.argv[1] in MOVED:
        say(MOVED[sys.argv[1]], sys.stderr)
        return 2
    arguments = _parse_arguments()
    try:
        command = COMMANDS[arguments.command]
        code = asyncio.run(until_signal(command(load_settings(), arguments)))
        sys.stdout.flush()
        return code
    except Interrupted as interrupted:
        return interrupted.exit_code
    except BrokenPipeError:  # the reader has seen enough: Python's last flush goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (BragError, ConfigurationError) as error:
        say(str(error), sys.stderr)
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.documents", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ingest = commands.add_parser("ingest", help="put files, or all files of folders, in")
    ingest.add_argument("paths", nargs="+", type=_path, metavar="PATH")
    listing = commands.add_parser("list", help="show the documents that are there")
    delete = commands.add_parser("delete", help="take a document out")
    delete.add_argument("uuid", type=UUID, metavar="UUID")
    for command in (ingest, listing, delete):
        command.add_argument(
            "--owner",
            type=email_argument,
            metavar="ADDRESS",
            help="of this user, in place of what all users share",
        )
    commands.add_parser("reindex", help="rebuild Qdrant from Postgres")
    commands.add_parser("work", help="ingest what others put in, until stopped")
    return parser.parse_args()


def _path(name: str) -> Path:
    if not name:  # of a variable that is not set: Path would take it for the working directory
        raise argparse.ArgumentTypeError("it is empty")
    return Path(name)


async def _caller(database: Database, arguments: argparse.Namespace) -> Caller:
    """Whose documents a command is about: a user's, or those that nobody owns."""
    if arguments.owner is None:
        return NOBODY
    return await UserService(database).find(arguments.owner)


async def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_any_database(settings) as database:
        caller = await _caller(database, arguments)
        documents, before = DocumentService(database), None
        while page := await documents.page(caller, PAGE, before):
            for document in page:
                passages = f"{document.passages_done}/{document.passages_total or '?'} passages"
                name = on_one_line(f"{document.source}  {document.title}")
                say(f"{document.uuid}  {document.status:10}  {passages:20}  {name}")
            before = page[-1].uuid
    return 0


async def _delete(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_any_database(settings) as database:
        caller = await _caller(database, arguments)
        await DocumentService(database).delete(caller, arguments.uuid)
    say("Deleted. Its vectors are deleted when a worker runs next.")
    return 0


async def _ingest(settings: Settings, arguments: argparse.Namespace) -> int:
    unreadable: list[OSError] = []
    files = [file for path in arguments.paths for file in find_files(path, unreadable.append)]
    for error in unreadable:
        say(f"{on_one_line(error.filename)} cannot be read: {error.strerror}.", sys.stderr)
    if not files:
        say("There is no document to put in.", sys.stderr)
        return 1
    async with open_workplace(settings) as (database, _):
        caller = await _caller(database, arguments)
        documents = DocumentService(database)
        most = settings.MAX_DOCUMENT_BYTES
        added = [await _add(caller, documents, file, most) for file in files]
        done = [
            uuid is not None and await _finish(caller, documents, file, uuid)
            for file, uuid in zip(files, added, strict=True)
        ]
    return 0 if all(done) and not unreadable else 1


async def _add(
    caller: Caller, documents: DocumentService, file: Path, max_bytes: int
) -> UUID | None:
    source = file.as_posix()
    name = on_one_line(source)
    try:
        source.encode()
        content = await asyncio.to_thread(_read, file, max_bytes + 1)
    except UnicodeEncodeError:
        say(f"{name} cannot be put in: its name is not UTF-8.", sys.stderr)
        return None
    except OSError as error:
        say(f"{name} cannot be read: {error.strerror}.", sys.stderr)
        return None
    if len(content) > max_bytes:
        say(f"{name} has more than {max_bytes} bytes (MAX_DOCUMENT_BYTES).", sys.stderr)
        return None
    new = NewDocument(content, default_title(source), source, UNKNOWN)
    document, is_new = await documents.add(caller, new)
    if not is_new:
        say(f"{name}: is there already.")
    return document.uuid


def _read(file: Path, limit: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(limit)


async def _finish(caller: Caller, documents: DocumentService, file: Path, uuid: UUID) -> bool:
    try:
        document = await follow(caller, documents, uuid)
    except NotFound:
        say(f"{on_one_line(str(file))}: deleted or replaced meanwhile.", sys.stderr)
        return False
    if document.status is DocumentStatus.FAILED:
        say(f"{document.source}: {document.error}", sys.stderr)
        return False
    say(f"{document.source}: {document.passages_total} passages.")
    return True


async def _reindex(settings: Settings, _: argparse.Namespace) -> int:
    async with open_workplace(settings) as (database, index):
        documents = DocumentService(database)
        count = await documents.reindex()
        await follow_all(documents)
        missing = 0 if index is None else -await drift(database, index.store)
    say(f"{count} documents are indexed anew.")
    if missing > 0:
        say(
            f"But {missing} passages are not in {settings.QDRANT_COLLECTION_NAME}: another process "
            "did some of the jobs, for another index. Stop it, and run this again.",
            sys.stderr,
        )
        return 1
    return 0


async def _work(settings: Settings, _arguments: argparse.Namespace) -> int:
    async with open_knowledge(settings) as (_, index):
        if index is None:
            say("A server on this machine holds the vectors, and works on them.", sys.stderr)
            return 1
        with suppress(asyncio.CancelledError):
            await index.worker.run()
    return 0


COMMANDS = {
    "ingest": _ingest,
    "list": _list,
    "delete": _delete,
    "reindex": _reindex,
    "work": _work,
}

if __name__ == "__main__":
    sys.exit(main())
