"""The command line of the knowledge base: `python -m app.documents ingest PATH…` and `list`."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TextIO

from pydantic import SecretStr
from tqdm import tqdm

from app.core.embeddings import create_embedder
from app.core.exceptions import BragError, ConfigurationError
from app.db import create_database
from app.documents.exceptions import UnreadableDocument
from app.documents.loaders import find_files, load_file
from app.documents.services import IngestionService
from app.documents.store import create_vector_store
from app.embedded.exceptions import EmbeddedStartFailed
from app.embedded.migrations import migrate
from app.embedded.postgres import EmbeddedPostgres
from settings import Settings, load_settings


def main() -> int:
    """Runs one command; the exit code is 0 only if all of it succeeded."""
    arguments = _parse_arguments()
    try:
        return asyncio.run(_run(arguments))
    except (BragError, ConfigurationError, EmbeddedStartFailed) as error:
        _say(str(error), sys.stderr)
        return 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.documents", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    ingest = commands.add_parser("ingest", help="put files, or all files of a folder, in")
    ingest.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    commands.add_parser("list", help="show the documents that are there")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> int:
    async with _open_service(load_settings()) as service:
        if arguments.command == "list":
            return await _list(service)
        return await _ingest(service, arguments.paths)


@asynccontextmanager
async def _open_service(settings: Settings) -> AsyncIterator[IngestionService]:
    async with AsyncExitStack() as stack:
        if settings.DATABASE_URL is None:
            url = stack.enter_context(EmbeddedPostgres(settings.DATA_DIR))
            await asyncio.to_thread(migrate, url)
            settings = settings.model_copy(update={"DATABASE_URL": SecretStr(url)})
        database = await asyncio.to_thread(create_database, settings)
        stack.push_async_callback(database.close)
        embedder = await asyncio.to_thread(create_embedder, settings)
        stack.callback(embedder.close)
        store = await create_vector_store(settings, embedder.dimensions)
        stack.push_async_callback(store.close)
        yield IngestionService(embedder, store, database)


async def _list(service: IngestionService) -> int:
    for each in await service.documents():
        _say(f"{each['uuid']}  {each['passages']:5} passages  {each['source']}  {each['title']}")
    return 0


async def _ingest(service: IngestionService, paths: list[Path]) -> int:
    files = [file for path in paths for file in find_files(path)]
    failures = 0
    with tqdm(total=len(files), unit="document", disable=None) as bar:
        for file in files:
            failures += not await _ingest_file(service, file)
            bar.update()
    return 1 if failures or not files else 0


async def _ingest_file(service: IngestionService, file: Path) -> bool:
    try:
        document = await asyncio.to_thread(load_file, file)
    except UnreadableDocument as error:
        _say(f"{file} {error}.", sys.stderr)
        return False
    with tqdm(unit="passage", desc=file.name, leave=False, disable=None) as bar:
        passages = await service.ingest(document, lambda done, total: _show(bar, done, total))
    _say(f"{file}: {f'{passages} passages' if passages else 'is there already'}.")
    return True


def _show(bar: "tqdm[None]", done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _say(line: str, file: TextIO | None = None) -> None:
    tqdm.write(line, file=file or sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
