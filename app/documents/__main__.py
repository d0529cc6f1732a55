"""The command line of the knowledge base: `brag COMMAND`."""

import argparse
import asyncio
import sys
from contextlib import suppress
from functools import partial
from typing import Final
from uuid import UUID

from app.command_line import open_any_database
from app.core.arguments import add_command, common_options, path_argument
from app.core.caller import NOBODY, Caller
from app.core.exceptions import BragError, ConfigurationError, NotFound, RetrievalUnavailable
from app.core.signals import Interrupted, until_reader_leaves, until_signal
from app.db import Database
from app.documents.console import counted, follow_all, on_one_line, say
from app.documents.drift import is_other_index
from app.documents.index_version import take_over
from app.documents.ingest_command import add_ingest_arguments, ingest, place
from app.documents.models import Document, DocumentStatus
from app.documents.runtime import open_knowledge, open_workplace
from app.documents.services import DocumentService
from app.users.models import email_argument
from app.users.services import UserService
from app.vector_store.factory import held_index_uuid
from settings import Settings, load_settings

PAGE: Final = 200
MOVED: Final = {
    name: f"`{name}` has moved: run `brag {name} FILE`." for name in ("evaluate", "calibrate")
}
HELP: Final = {
    "ingest": "Puts files in, or all files of folders, and waits until they are read. A file of a "
    "source that is there already replaces it.",
    "list": "Shows the documents that are there, the newest first: their uuid, how far they are, "
    "source and title.",
    "delete": "Takes a document out: no new answer rests on it.",
    "reindex": "Rebuilds Qdrant from Postgres, and makes it the index of this database.",
    "reingest": "Reads the originals of documents anew, as this version of bRAG reads them.",
    "work": "Ingests what others put in, until it is stopped; for a machine beside the servers.",
}
OWNER_HELP: Final = {
    "ingest": "for this user; else for all users",
    "list": "what this user has and what all users share; else only the latter",
    "delete": "a document of this user; else one that all users share",
}


def main() -> int:
    """Runs one command; the exit code is 0 only if all of it succeeded."""
    if len(sys.argv) > 1 and sys.argv[1] in MOVED:
        say(MOVED[sys.argv[1]], sys.stderr)
        return 2
    arguments = _parse_arguments()
    try:
        command = COMMANDS[arguments.command]
        with until_reader_leaves():
            return asyncio.run(until_signal(command(load_settings(), arguments)))
    except Interrupted as interrupted:
        return interrupted.exit_code
    except (BragError, ConfigurationError) as error:
        say(str(error), sys.stderr)
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="brag", description=__doc__, parents=[common_options()])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in HELP.items():
        _add_arguments(name, add_command(commands, name, text))
    return parser.parse_args()


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    if name == "ingest":
        add_ingest_arguments(command)
    if name == "delete":
        text = "as `brag list` shows them; the path of a file does as well"
        command.add_argument("document", metavar="UUID|SOURCE", help=text)
    if name == "reingest":
        command.add_argument(
            "uuids", nargs="*", type=UUID, metavar="UUID", help="of which documents; else of all"
        )
    if name in OWNER_HELP:
        command.add_argument(
            "--owner", type=email_argument, metavar="ADDRESS", help=OWNER_HELP[name]
        )


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
                name = on_one_line(f"{document.source}  {document.title}")
                say(f"{document.uuid}  {document.status:10}  {_progress(document):20}  {name}")
            before = page[-1].uuid
    if before is None:
        say("There are no documents.", sys.stderr)
    return 0


def _progress(document: Document) -> str:
    total = document.passages_total
    passages = "? passages" if total is None else counted(total, "passage")
    is_ready = document.status is DocumentStatus.READY
    return passages if is_ready else f"{document.passages_done}/{passages}"


async def _delete(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_any_database(settings) as database:
        caller = await _caller(database, arguments)
        documents = DocumentService(database)
        for uuid in await _chosen(caller, documents, arguments.document):
            await documents.delete(caller, uuid)
    say("Deleted: no new answer rests on it.")
    return 0


async def _chosen(caller: Caller, documents: DocumentService, name: str) -> list[UUID]:
    """The document of a uuid, else all versions of a source, or of the path of a file."""
    with suppress(ValueError):
        return [UUID(name)]
    for source in (name, place(path_argument(name))):
        if uuids := await documents.of_source(caller, source):
            return uuids
    raise NotFound(f"There is no document of the source {on_one_line(name)}.")


async def _reindex(settings: Settings, _: argparse.Namespace) -> int:
    async with open_workplace(settings) as (database, index):
        documents = DocumentService(database)
        uuid = await index.store.index_uuid() if index else held_index_uuid(settings)
        collection = settings.QDRANT_COLLECTION_NAME
        count = await documents.reindex(partial(take_over, index_uuid=uuid, collection=collection))
        await follow_all(documents)
    say(f"Indexed anew: {counted(count, 'document')}.")
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
    say(f"Read anew: {counted(len(reingestion.queued) - len(failed), 'document')}.")
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
    "ingest": ingest,
    "list": _list,
    "delete": _delete,
    "reindex": _reindex,
    "reingest": _reingest,
    "work": _work,
}

if __name__ == "__main__":
    sys.exit(main())
