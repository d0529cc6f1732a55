"""The command line of the knowledge base: `python -m app.documents COMMAND`."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TextIO
from uuid import UUID

from tqdm import tqdm

from app.core.exceptions import BragError, ConfigurationError
from app.documents.console import follow, follow_all, open_database, open_index, working
from app.documents.loaders import find_files
from app.documents.models import DocumentStatus, NewDocument, default_title
from app.documents.services import DocumentService
from app.embedded.exceptions import EmbeddedStartFailed
from settings import Settings, load_settings

PAGE = 200


def main() -> int:
    """Runs one command; the exit code is 0 only if all of it succeeded."""
    arguments = _parse_arguments()
    try:
        return asyncio.run(COMMANDS[arguments.command](load_settings(), arguments))
    except (BragError, ConfigurationError, EmbeddedStartFailed) as error:
        _say(str(error), sys.stderr)
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.documents", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ingest = commands.add_parser("ingest", help="put files, or all files of folders, in")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    commands.add_parser("list", help="show the documents that are there")
    delete = commands.add_parser("delete", help="take a document out")
    delete.add_argument("uuid", type=UUID, metavar="UUID")
    commands.add_parser("reindex", help="rebuild Qdrant from Postgres")
    commands.add_parser("work", help="ingest what others put in, until stopped")
    return parser.parse_args()


async def _list(settings: Settings, _: argparse.Namespace) -> int:
    async with open_database(settings) as database:
        documents, before = DocumentService(database), None
        while page := await documents.page(None, PAGE, before):
            for each in page:
                passages = f"{each.passages_done}/{each.passages_total or '?'} passages"
                _say(f"{each.uuid}  {each.status:10}  {passages:20}  {each.source}  {each.title}")
            before = page[-1].uuid
    return 0


async def _delete(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_database(settings) as database:
        await DocumentService(database).delete(arguments.uuid, None)
    _say("Deleted. Its vectors go when a worker runs next.")
    return 0


async def _ingest(settings: Settings, arguments: argparse.Namespace) -> int:
    async with open_database(settings) as database, open_index(settings, database) as index:
        documents = DocumentService(database)
        files = [file for path in arguments.paths for file in find_files(path)]
        async with working(index and index[1]):
            added = [await _add(documents, file, settings.MAX_DOCUMENT_BYTES) for file in files]
            done = [uuid is not None and await _finish(documents, uuid) for uuid in added]
    return 0 if files and all(done) else 1


async def _add(documents: DocumentService, file: Path, max_bytes: int) -> UUID | None:
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        _say(f"{file} cannot be read: {error.strerror}.", sys.stderr)
        return None
    if len(content) > max_bytes:
        _say(f"{file} has more than {max_bytes} bytes (MAX_DOCUMENT_BYTES).", sys.stderr)
        return None
    source = file.as_posix()
    new = NewDocument(content, default_title(source), source, "application/octet-stream")
    document, is_new = await documents.add(new, None)
    if not is_new:
        _say(f"{file}: is there already.")
    return document.uuid


async def _finish(documents: DocumentService, uuid: UUID) -> bool:
    document = await follow(documents, uuid)
    if document.status is DocumentStatus.FAILED:
        _say(f"{document.source}: {document.error}", sys.stderr)
        return False
    _say(f"{document.source}: {document.passages_total} passages.")
    return True


async def _reindex(settings: Settings, _: argparse.Namespace) -> int:
    async with open_database(settings) as database, open_index(settings, database) as index:
        documents = DocumentService(database)
        if index is not None:
            await documents.purge_strays(await index[0].documents())
        await documents.reindex()
        async with working(index and index[1]):
            await follow_all(documents)
    return 0


async def _work(settings: Settings, _: argparse.Namespace) -> int:
    async with open_database(settings) as database, open_index(settings, database) as index:
        if index is None:
            _say("A server on this machine holds the vectors, and works on them.", sys.stderr)
            return 1
        await index[1].run()
    return 0


def _say(line: str, file: TextIO | None = None) -> None:
    tqdm.write(line, file=file or sys.stdout)


COMMANDS = {
    "ingest": _ingest,
    "list": _list,
    "delete": _delete,
    "reindex": _reindex,
    "work": _work,
}

if __name__ == "__main__":
    sys.exit(main())
