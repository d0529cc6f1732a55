"""Passages that say the same, word for word."""

from collections.abc import Iterable

from app.retrieval.models import Source


def distinct(sources: Iterable[Source]) -> list[Source]:
    """One source for each text, at the place of its best one, whichever document it is in.

    Of a text that the best one's document repeats, its first occurrence there.
    """
    kept: dict[str, Source] = {}
    for source in sources:
        best = kept.setdefault(source.text, source)
        if source.document_uuid == best.document_uuid and source.ordinal < best.ordinal:
            kept[source.text] = source
    return list(kept.values())
