"""What was found for a question, and how much speaks for each passage of it."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice, zip_longest
from typing import NamedTuple

from app.retrieval.constants import JUDGED
from app.retrieval.deduplication import distinct, without_repeats
from app.retrieval.evidence import AskedQuestion
from app.retrieval.identifiers import Identifier
from app.retrieval.models import Source
from app.vector_store.base import Candidate


class RetrievedPassage(NamedTuple):
    """A passage as both searches scored it, and as Postgres holds it."""

    candidate: Candidate
    source: Source


class Finding:
    """The passages that were found for a question or a part of one, best first.

    Where none of those that are judged names what the question names, those that do come first.
    """

    def __init__(self, question: str, passages: Sequence[RetrievedPassage]) -> None:
        self.question = question
        self._found = passages
        self._evidence: dict[int, float] = {}
        self._sources: dict[int, list[Source]] = {}

    @cached_property
    def passages(self) -> Sequence[RetrievedPassage]:
        """The passages in their order."""
        return [passage for passage, _ in self._ranked]

    def sources(self, limit: int) -> list[Source]:
        """At most so many of them that do not say the same, best first."""
        if limit not in self._sources:
            self._sources[limit] = _without_repeats(self.passages, self.question, limit)
        return self._sources[limit]

    def evidence(self) -> Iterator[float]:
        """The evidence of each passage, best first; none is looked at before its turn."""
        return map(self.evidence_of, range(len(self.passages)))

    def evidence_of(self, place: int) -> float:
        """That of one of them."""
        if place not in self._evidence:
            (candidate, source), named = self._ranked[place]
            self._evidence[place] = self._asked.evidence(candidate.cosine, _read(source), named)
        return self._evidence[place]

    @property
    def missing_identifiers(self) -> Sequence[Identifier]:
        """Those of the question, if there is no trace of any in what was found."""
        stand_nowhere = all(named < 0 for _, named in self._ranked)
        return self._asked.identifiers if stand_nowhere else []

    @cached_property
    def _asked(self) -> AskedQuestion:
        return AskedQuestion(self.question)

    @cached_property
    def _ranked(self) -> list[tuple[RetrievedPassage, float]]:
        """Each passage, and what its names add to its evidence."""
        found = _with_best_by_words(self._found)
        if not self._asked.identifiers:
            return [(passage, 0.0) for passage in found]
        names = self._asked.judge_names([_read(passage.source) for passage in found])
        ranked = [*zip(found, names, strict=True)]
        if max(names[:JUDGED], default=0.0) > 0 or not self._asked.names_something:
            return ranked
        return sorted(ranked, key=lambda judged: -judged[1])


def passages_in_turn(findings: Iterable[Finding]) -> Iterator[RetrievedPassage]:
    """The best of each, then the second best of each, and so on."""
    lists = [finding.passages for finding in findings]
    return filter(None, chain.from_iterable(zip_longest(*lists)))


def best_sources(findings: Sequence[Finding], limit: int) -> list[Source]:
    """At most so many of all of them that do not say the same."""
    if len(findings) == 1:
        return findings[0].sources(limit)
    asked = "\n".join(finding.question for finding in findings)
    return _without_repeats(passages_in_turn(findings), asked, limit)


def evidence_of_each(sources: Iterable[Source], findings: Iterable[Finding]) -> Iterator[float]:
    """The evidence of sources that were found."""
    places = {
        (passage.source.document_uuid, passage.source.ordinal): (finding, place)
        for finding in findings
        for place, passage in enumerate(finding.passages)
    }
    for source in sources:
        finding, place = places[source.document_uuid, source.ordinal]
        yield finding.evidence_of(place)


def _with_best_by_words(passages: Sequence[RetrievedPassage]) -> Sequence[RetrievedPassage]:
    """The passages; the best by BM25 is the last of those that are judged, if it was none."""
    scores = [passage.candidate.bm25 for passage in passages]
    place = scores.index(max(scores)) if any(scores) else 0
    if place < JUDGED:
        return passages
    others = [*passages[:place], *passages[place + 1 :]]
    return [*others[: JUDGED - 1], passages[place], *others[JUDGED - 1 :]]


def _without_repeats(
    passages: Iterable[RetrievedPassage], question: str, limit: int
) -> list[Source]:
    sources = distinct(passage.source for passage in passages)
    return [*islice(without_repeats(sources, question), limit)]


def _read(source: Source) -> str:
    """What the passage says, and what it stands under."""
    above = (source.title, *source.headings, source.table_header)
    return "\n".join([*filter(None, above), source.text])
