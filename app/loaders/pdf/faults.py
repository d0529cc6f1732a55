"""What could not be read of a PDF, in sentences for its owner."""

from collections.abc import Iterator
from enum import Enum
from itertools import pairwise
from typing import Final

MOST_RUNS: Final = 5


class Fault(Enum):
    """What is wrong with a page; the text that could be read of a cut one is kept."""

    DAMAGED = "could not be read: {it} damaged"
    CUT = "could be read only in part: {it} damaged"
    NO_LETTERS = "could not be read: {their} fonts do not tell the letters"
    FEW_LETTERS = "could be read only in part: some of {their} fonts do not tell the letters"


def refusal(faults: list[Fault]) -> str:
    """Why there is no text at all, and what to do."""
    if not faults:
        return "This PDF holds only images: run it through OCR first."
    if Fault.NO_LETTERS in faults:
        return (
            "The fonts of this PDF do not tell which letters they draw: run it through OCR first."
        )
    return "This PDF is damaged: open it, save it anew and send that."


def fault_sentences(faults: dict[int, Fault]) -> str | None:
    """What of which pages could not be read; None where all of all could."""
    sentences = [_sentence(fault, pages) for fault, pages in _by_fault(faults)]
    return " ".join([*sentences, "The rest can be found."]) if sentences else None


def _by_fault(faults: dict[int, Fault]) -> Iterator[tuple[Fault, list[int]]]:
    for fault in Fault:
        if pages := [page for page, found in sorted(faults.items()) if found is fault]:
            yield fault, pages


def _sentence(fault: Fault, pages: list[int]) -> str:
    is_one = len(pages) == 1
    words = {"it": "it is" if is_one else "they are", "their": "its" if is_one else "their"}
    return f"{'Page' if is_one else 'Pages'} {_listed(pages)} {fault.value.format(**words)}."


def _listed(pages: list[int]) -> str:
    """The pages as a reader names them, such as 2, 5 and 7 to 9."""
    runs = [[pages[0], pages[0]]]
    for before, page in pairwise(pages):
        if page == before + 1:
            runs[-1][1] = page
        else:
            runs.append([page, page])
    named = runs[:MOST_RUNS]
    names = [name for first, last in named for name in _run(first, last)]
    if more := len(pages) - sum(last - first + 1 for first, last in named):
        names.append(f"{more} more")
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _run(first: int, last: int) -> list[str]:
    return [f"{first} to {last}"] if last - first > 1 else sorted({str(first), str(last)}, key=int)
