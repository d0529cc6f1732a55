"""No function that reads a text takes more than linear time.

The list is made by looking for what is public and needs a text, or bytes, and nothing else.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any, Final

from tests.support.growth import Growth, Work, superlinear_growth
from tests.support.hostile import PIECES, TEXTS, Repeated, Text
from tests.support.modules import OfText, find_functions, find_readers, modules_of_service

SIZE: Final = 1_000
FLOOR_SEC: Final = 0.005  # for 4,000 characters; what compares each with each takes a second
PIECES_SIZE: Final = 1_500

OPERATOR: Final = "what it is given is an operator's, and not a stranger's"
LOADER: Final = "timed with documents of its own in tests/loaders"
ADDRESS: Final = "models let no more than 254 characters through"
LEFT_OUT: Final = {
    "app.core.docs.docs_file": "the name of one of three files, which is looked up",
    "app.core.postgres_url.connection_parameters": OPERATOR,
    "app.core.postgres_url.plain_url": OPERATOR,
    "app.documents.console.say": "it writes",
    "app.emails.message.create_address": ADDRESS,
    "app.emails.models.is_ip_address": OPERATOR,
    "app.emails.models.is_loopback": OPERATOR,
    "app.embedded.migrations.migrate": OPERATOR,
    "app.embedded.ports.answers": OPERATOR,
    "app.embedded.ports.free_port": OPERATOR,
    "app.embedded.reachable.connect_when_possible": OPERATOR,
    "app.loaders.encoding_guess.guess": LOADER,
    "app.loaders.encodings.decode": LOADER,
    "app.users.models.email_argument": ADDRESS,
    "app.users.models.normalise_email": ADDRESS,
    "app.vector_store.edge.optimizer.main": OPERATOR,
}


def growth_of(function: OfText, kind: type) -> tuple[Text, Growth] | None:
    """The first text for which a function takes more than linear time, and how long."""
    for text in TEXTS:
        growth = superlinear_growth(partial(_work, function, kind, text), SIZE, FLOOR_SEC)
        if growth is not None:
            return text, growth
    return None


def _work(function: OfText, kind: type, text: Text, size: int) -> Work:
    given = _as(kind, text(size))

    def work() -> None:
        with suppress(Exception):  # to refuse a text is an answer
            found = function(given)
            if isinstance(found, Iterator):
                deque(found, 0)

    return work


def _feeding(reader: Any, kind: type, unit: str, size: int) -> Work:
    given = _as(kind, Repeated(unit)(size))

    def work() -> None:
        fed = reader()
        with suppress(Exception):  # likewise
            for place in range(len(given)):
                fed.feed(given[place : place + 1])

    return work


def _as(kind: type, text: str) -> Any:
    return text.encode() if kind is bytes else text


class TestFunctions:
    """Every public function of a text, and every class that is fed with one in parts."""

    def test_no_function_takes_more_than_linear_time(self) -> None:
        """No function takes more than linear time, whatever text it is given."""
        functions = find_functions(modules_of_service())
        assert functions.keys() > LEFT_OUT.keys()
        attacked = {name: of for name, of in functions.items() if name not in LEFT_OUT}
        found = {name: growth for name, of in attacked.items() if (growth := growth_of(*of))}
        assert found == {}

    def test_parts_of_a_text_are_read_in_linear_time(self) -> None:
        """What is fed a byte or a character at a time takes linear time for all of them."""
        readers = find_readers(modules_of_service())
        assert len(readers) > 3
        found = {
            (name, unit): growth
            for name, of in readers.items()
            for unit in PIECES
            if (growth := superlinear_growth(partial(_feeding, *of, unit), PIECES_SIZE, FLOOR_SEC))
        }
        assert found == {}
