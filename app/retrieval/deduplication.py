"""Passages that say the same, word for word."""

from collections.abc import Iterable

from app.retrieval.models import Source


def distinct(sources: Iterable[Source]) -> list[Source]:
    """One source for each text, at the place of its best one, whichever document it is in.

    Rows of tables are the same where their headers are. Of a text that the best one's document
    repeats, its first occurrence there.
    """
    kept: dict[tuple[str, str | None], Source] = {}
    for source in sources:
        said = source.text, source.table_header
        best = kept.setdefault(said, source)
        if source.document_uuid == best.document_uuid and source.ordinal < best.ordinal:
            kept[said] = source
    return list(kept.values())
