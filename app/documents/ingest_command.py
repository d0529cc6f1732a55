"""`brag ingest`: which files go in, and under which source."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BeforeValidator, Json, TypeAdapter, ValidationError

from app.command_line import open_any_database
from app.core.arguments import path_argument
from app.core.caller import NOBODY, Caller
from app.core.exceptions import NotFound
from app.core.models import Metadata, SourceName
from app.documents.console import counted, follow, on_one_line, say
from app.documents.intake import Intake
from app.documents.json_sizes import require_few_values
from app.documents.models import DocumentStatus, NewDocument, Title
from app.documents.runtime import open_workplace
from app.documents.services import DocumentService
from app.loaders import find_files
from app.users.services import UserService
from settings import Settings

NOTHING: Final = "There is no document to put in."
TITLE: Final = TypeAdapter(Title)
PREFIX: Final = TypeAdapter(SourceName)
METADATA: Final = TypeAdapter(Annotated[Json[Metadata], BeforeValidator(require_few_values)])


def add_ingest_arguments(parser: argparse.ArgumentParser) -> None:
    """What `brag ingest` takes."""
    parser.add_argument("paths", nargs="+", type=path_argument, metavar="PATH")
    parser.add_argument("--title", type=_checked(TITLE), help="of the one file that goes in")
    parser.add_argument(
        "--metadata",
        type=_checked(METADATA),
        default={},
        metavar="JSON",
        help='of each document, as a JSON object: {"team": "boats"}',
    )
    parser.add_argument(
        "--source-prefix",
        type=_checked(PREFIX),
        metavar="PREFIX",
        help="the source of a file is PREFIX/ and its path below the named folder; else its whole "
        "path",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would go in, and put nothing in"
    )
    parser.add_argument("--samples", action="store_true", help=argparse.SUPPRESS)  # of a start


async def ingest(settings: Settings, arguments: argparse.Namespace) -> int:
    """Puts files in; the exit code is 0 only if all that was named is in."""
    unreadable: list[OSError] = []
    files = _find(arguments, unreadable)
    for error in unreadable:
        say(f"{on_one_line(error.filename)} cannot be read: {error.strerror}.", sys.stderr)
    refusal = _refusal(arguments, files)
    if refusal:
        say(refusal, sys.stderr)
        return 1
    intake = Intake(
        settings.MAX_DOCUMENT_BYTES,
        title=arguments.title,
        metadata=arguments.metadata,
        are_samples=arguments.samples,
    )
    named = {*arguments.paths}
    sources = {_source(file, root, arguments): (file, file in named) for file, root in files}
    if arguments.samples:
        return await _put_samples_in(settings, intake, sources)
    if arguments.dry_run:
        done = await _show(intake, sources)
    else:
        done = await _put_in(settings, intake, sources, arguments.owner)
    if intake.skipped:
        say(f"Skipped: {intake.skipped} of {len(sources)} files.")
    if not done and not intake.refused:
        say(NOTHING, sys.stderr)
    return 0 if done and all(done) and not unreadable and not intake.refused else 1


def _checked(adapter: TypeAdapter[Any]) -> Any:
    """An argument that the model of the API's uploads accepts."""

    def argument(text: str) -> Any:
        try:
            return adapter.validate_python(text)
        except ValidationError as error:
            told = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise argparse.ArgumentTypeError(f"it is wrong: {told}") from None

    return argument


Sources = dict[str, tuple[Path, bool]]  # each file, and whether it was named itself


def _find(arguments: argparse.Namespace, unreadable: list[OSError]) -> list[tuple[Path, Path]]:
    """Each file once, and the folder that its source is counted from."""
    found: dict[str, tuple[Path, Path]] = {}
    for path in arguments.paths:
        for file in find_files(path, unreadable.append):
            found.setdefault(place(file), (file, path.parent if file == path else path))
    return list(found.values())


def place(file: Path) -> str:
    """The one spelling of its path; a link keeps its own name, and its ending with that."""
    return (Path(os.path.realpath(file.parent)) / file.name).as_posix()


def _source(file: Path, root: Path, arguments: argparse.Namespace) -> str:
    if arguments.samples:
        return file.as_posix()
    if arguments.source_prefix is None:
        return place(file)
    return f"{arguments.source_prefix.rstrip('/')}/{file.relative_to(root).as_posix()}"


def _refusal(arguments: argparse.Namespace, files: Sequence[tuple[Path, Path]]) -> str | None:
    if not files:
        return NOTHING
    if arguments.title and len(files) > 1:
        return f"--title is for one file, and these are {len(files)}."
    seen: dict[str, Path] = {}
    for file, root in files:
        other = seen.setdefault(_source(file, root, arguments), file)
        if other != file:
            names = on_one_line(f"{other} and {file}")
            return f"{names} would have the same source: give each a --source-prefix of its own."
    return None


async def _show(intake: Intake, sources: Sources) -> list[bool]:
    shown = []
    for source, (file, is_named) in sources.items():
        if new := await intake.read(file, source, is_named=is_named):
            say(f"{on_one_line(source)}: {new.media_type}, {counted(len(new.content), 'byte')}.")
            shown.append(True)
    return shown


async def _put_in(
    settings: Settings, intake: Intake, sources: Sources, owner: str | None
) -> list[bool]:
    """For each document, whether it could be read."""
    async with open_workplace(settings) as (database, _):
        caller = NOBODY if owner is None else await UserService(database).find(owner)
        documents = DocumentService(database)
        added = {}
        for source, (file, is_named) in sources.items():
            if new := await intake.read(file, source, is_named=is_named):
                added[source] = await _add(caller, documents, new)
        return [await _finish(caller, documents, *one) for one in added.items()]


async def _put_samples_in(settings: Settings, intake: Intake, sources: Sources) -> int:
    """Takes them in, for the server that starts next to ingest."""
    async with open_any_database(settings) as database:
        documents = DocumentService(database)
        for source, (file, _) in sources.items():
            if new := await intake.read(file, source, is_named=True):
                await _add(NOBODY, documents, new)
    return 1 if intake.refused else 0


async def _add(caller: Caller, documents: DocumentService, new: NewDocument) -> UUID:
    document, is_new = await documents.add(caller, new)
    if not is_new:
        say(f"{on_one_line(new.source)}: is there already.")
    return document.uuid


async def _finish(caller: Caller, documents: DocumentService, source: str, uuid: UUID) -> bool:
    try:
        document = await follow(caller, documents, uuid)
    except NotFound:
        say(f"{on_one_line(source)}: deleted or replaced meanwhile.", sys.stderr)
        return False
    if document.status is DocumentStatus.FAILED:
        say(f"{on_one_line(document.source)}: {document.error}", sys.stderr)
        return False
    say(f"{on_one_line(document.source)}: {counted(document.passages_total or 0, 'passage')}.")
    if document.error:
        say(f"{on_one_line(document.source)}: {document.error}", sys.stderr)
    return True
