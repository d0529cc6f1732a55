"""The command line of the knowledge base: `python -m app.documents COMMAND`."""

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from app.command_line import open_any_database
from app.core.caller import NOBODY, Caller
from app.core.exceptions import BragError, ConfigurationError, NotFound, RetrievalUnavailable
from app.core.signals import Interrupted, until_signal
from app.db import Database
from app.documents.console import follow, follow_all, on_one_line, say
from app.documents.drift import is_other_index
from app.documents.index_version import take_over
from app.documents.intake import Intake
from app.documents.models import DocumentStatus
from app.documents.runtime import open_knowledge, open_workplace
from app.documents.services import DocumentService
from app.loaders import find_files
from app.users.models import email_argument
from app.users.services import UserService
from app.vector_store.factory import held_index_uuid
from settings import Settings, load_settings

PAGE: Final = 200
NOTHING: Final = "There is no document to put in."
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
    ingest.add_argument(
        "--samples",
        action="store_true",
        help="they leave as soon as other documents come in; a server ingests them",
    )
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
    reingest = commands.add_parser("reingest", help="read the kept originals of documents anew")
    reingest.add_argument("uuids", nargs="*", type=UUID, metavar="UUID", help="all without any")
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
        say(NOTHING, sys.stderr)
        return 1
    if arguments.samples:
        return await _put_samples_in(settings, files)
    named = set(arguments.paths)
    async with open_workplace(settings) as (database, _):
        caller = await _caller(database, arguments)
        intake = Intake(caller, DocumentService(database), settings.MAX_DOCUMENT_BYTES)
        added = [await intake.add(file, is_named=file in named) for file in files]
        done = [
            await _finish(caller, intake.documents, file, uuid)
            for file, uuid in zip(files, added, strict=True)
            if uuid is not None
        ]
    if intake.skipped:
        say(f"Skipped: {intake.skipped} of {len(files)} files.")
    if not done and not intake.refused:
        say(NOTHING, sys.stderr)
    return 0 if done and all(done) and not unreadable and not intake.refused else 1


async def _put_samples_in(settings: Settings, files: list[Path]) -> int:
    """Takes them in, for the server that starts next to ingest."""
    async with open_any_database(settings) as database:
        documents = DocumentService(database)
        intake = Intake(NOBODY, documents, settings.MAX_DOCUMENT_BYTES, are_samples=True)
        for file in files:
            await intake.add(file, is_named=True)
    return 1 if intake.refused else 0


async def _finish(caller: Caller, documents: DocumentService, file: Path, uuid: UUID) -> bool:
    try:
        document = await follow(caller, documents, uuid)
    except NotFound:
        say(f"{on_one_line(str(file))}: deleted or replaced meanwhile.", sys.stderr)
        return False
    if document.status is DocumentStatus.FAILED:
        say(f"{on_one_line(document.source)}: {document.error}", sys.stderr)
        return False
    say(f"{on_one_line(document.source)}: {document.passages_total} passages.")
    if document.error:
        say(f"{on_one_line(document.source)}: {document.error}", sys.stderr)
    return True


async def _reindex(settings: Settings, _: argparse.Namespace) -> int:
    async with open_workplace(settings) as (database, index):
        documents = DocumentService(database)
        uuid = await index.store.index_uuid() if index else held_index_uuid(settings)
        collection = settings.QDRANT_COLLECTION_NAME
        count = await documents.reindex(partial(take_over, index_uuid=uuid, collection=collection))
        await follow_all(documents)
    say(f"{count} documents are indexed anew.")
    return 0


async def _reingest(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_workplace(settings) as (database, _):
        documents = DocumentService(database)
        reingestion = await documents.reingest(arguments.uuids or None)
        await follow_all(documents)
        failed = await documents.failed(reingestion.queued)
    unknown = {*arguments.uuids} - {*reingestion.queued, *reingestion.without_original}
    for uuid in reingestion.without_original:
        say(f"{uuid}: its original was not kept. Put it in again.", sys.stderr)
    for uuid in unknown:
        say(f"{uuid}: there is no such document, or it is being read.", sys.stderr)
    for document in failed:
        say(f"{on_one_line(document.source)}: {document.error}", sys.stderr)
    say(f"{len(reingestion.queued) - len(failed)} documents are read anew.")
    return 1 if failed or unknown or reingestion.without_original else 0


async def _work(settings: Settings, _arguments: argparse.Namespace) -> int:
    async with open_knowledge(settings) as (database, index):
        if index is None:
            say("A server on this machine holds the vectors, and works on them.", sys.stderr)
            return 1
        with suppress(RetrievalUnavailable):
            if await is_other_index(database, index.store):
                return 1  # which has been said
        with suppress(asyncio.CancelledError):
            await index.worker.run()
    return 0


COMMANDS = {
    "ingest": _ingest,
    "list": _list,
    "delete": _delete,
    "reindex": _reindex,
    "reingest": _reingest,
    "work": _work,
}

if __name__ == "__main__":
    sys.exit(main())
