"""What an ingestion writes: each function within one transaction."""

from collections.abc import Iterator

import orjson

from app.db import Queries
from app.documents.constants import EMBED_AT_ONCE, INSERT_AT_ONCE
from app.documents.contents import insert_content
from app.documents.ingestion.answers import ParsedDocument
from app.documents.ingestion.chunking import Passage
from app.documents.models import passage_uuid
from app.documents.services import insert_purge
from app.jobs.job import Job


def in_batches(passages: list[Passage], size: int | None = None) -> Iterator[list[Passage]]:
    """The passages, as many at a time as are embedded and committed together, or `size`."""
    step = size or EMBED_AT_ONCE
    return (passages[start : start + step] for start in range(0, len(passages), step))


def fail(queries: Queries, job: Job, reason: str) -> None:
    """Ends the ingestion of a document that cannot be read: nothing of it is found any more."""
    queries.fail_document(uuid=job.document_uuid, error=reason)
    queries.delete_document_passages(document_uuid=job.document_uuid)
    queries.delete_text(document_uuid=job.document_uuid)
    insert_purge(queries, job.document_uuid)
    job.finish(queries)


def begin(queries: Queries, job: Job, parsed: ParsedDocument) -> None:
    """Begins an ingestion with the text that was read, and none of its passages."""
    job.hold(queries)
    queries.delete_document_passages(document_uuid=job.document_uuid)
    _keep(queries, job, parsed, 0)
    job.hold(queries)  # again: much text takes long


def leave(queries: Queries, job: Job, reason: str) -> None:
    """Leaves a document as it was read before, and has its points written again."""
    queries.note_fault(uuid=job.document_uuid, error=reason)
    queries.insert_job(kind="index", document_uuid=job.document_uuid, bytes=0)
    job.finish(queries)


def _keep(queries: Queries, job: Job, parsed: ParsedDocument, done: int) -> bool:
    """Keeps the text and what is known of it; False where the document has been deleted."""
    measured = queries.measure_document(
        uuid=job.document_uuid,
        title=parsed.title,
        media_type=parsed.media_type,
        text_bytes=len(parsed.text),
        text_sha256=parsed.text_sha256,
        fault=parsed.fault,
        passages_total=len(parsed.passages),
        passages_done=done,
    )
    if measured:
        queries.delete_text(document_uuid=job.document_uuid)
        insert_content(queries, job.document_uuid, "text", parsed.text)
    return bool(measured)


def advance(queries: Queries, job: Job, batch: list[Passage]) -> bool:
    """Commits passages and how far the document has come; False where it has been deleted."""
    job.hold(queries)
    done = batch[-1].ordinal + 1
    if not queries.advance_document(uuid=job.document_uuid, passages_done=done):
        return False
    _insert_passages(queries, job, batch)
    return True


def replace(queries: Queries, job: Job, parsed: ParsedDocument) -> None:
    """In one transaction a document's text and passages are those that were read anew."""
    job.hold(queries)
    if _keep(queries, job, parsed, len(parsed.passages)):
        queries.delete_document_passages(document_uuid=job.document_uuid)
        for batch in in_batches(parsed.passages, INSERT_AT_ONCE):
            _insert_passages(queries, job, batch)
    else:
        insert_purge(queries, job.document_uuid)  # deleted meanwhile: its points were written
    job.finish(queries)


def _insert_passages(queries: Queries, job: Job, batch: list[Passage]) -> None:
    rows = [
        {
            "uuid": passage_uuid(job.document_uuid, passage.ordinal),
            "ordinal": passage.ordinal,
            "start": passage.start,
            "end": passage.end,
            "page": passage.page,
            "headings": passage.headings,
            "table_header": passage.table_header,
            "text": passage.text,
        }
        for passage in batch
    ]
    queries.insert_passages(document_uuid=job.document_uuid, rows=orjson.dumps(rows).decode())


def publish(queries: Queries, job: Job) -> None:
    """In one transaction the new version can be found and the older ones cannot any more."""
    uuid = job.document_uuid
    queries.lock_source_of_document(uuid=uuid)
    gone = [row["uuid"] for row in queries.delete_older_versions(uuid=uuid)]
    if not queries.publish_document(uuid=uuid):
        queries.discard_document(uuid=uuid)  # deleted, or a newer version was quicker
        gone.append(uuid)
    for deleted in gone:
        insert_purge(queries, deleted)
    job.finish(queries)
