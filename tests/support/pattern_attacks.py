"""Texts that are meant to be hard for one regular expression, out of its own syntax tree."""

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import product
from typing import Any, Final

from tests.support.hostile import Repeated

# Python's own parser of regular expressions, which has no types.
_parser: Any = import_module("re._parser")
_compiler: Any = import_module("re._compiler")

Pattern = re.Pattern[Any]
Node = tuple[Any, Any]

COMMON: Final = "aA0_ -.:/,;!?\n\t\r\"'`@#§()[]{}<>|\\*+=&%$^~é字あก한\u0301\u2010³٣"
FOREIGN: Final = "\x01"  # no pattern is about it: what comes before it nearly matches
CHARACTERS: Final = {"LITERAL", "NOT_LITERAL", "IN", "ANY", "CATEGORY"}
REPEATS: Final = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
FEW: Final = 7  # kinds of characters whose pairs are tried


def attacks_on(pattern: Pattern) -> list[Repeated]:
    """Each kind of character and each part of the pattern many times, alone and after others."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    nodes = list(_nodes(tree))
    kinds = _kinds([node for node in nodes if str(node[0]) in CHARACTERS], pattern)
    parts = _unique(_sample([node], kinds) for node in nodes)
    beginnings = _unique(_sample(list(tree)[:end], kinds) for end in range(len(tree)))
    units = _unique([*kinds, *parts, *beginnings])
    pairs = ["".join(pair) for pair in product(kinds[:FEW], repeat=2)]
    alone = [Repeated(unit, "", FOREIGN) for unit in _unique([*units, *pairs])]
    repeated = _unique([*kinds[:FEW], *_bodies(nodes, kinds)])
    after = [Repeated(unit, text, FOREIGN) for text, unit in product(beginnings, repeated)]
    return [*alone, *after]


def _nodes(tree: Any) -> Iterator[Node]:
    """Every node of a syntax tree, the outer before the inner."""
    for node in tree:
        yield node
        yield from _nodes(part for inner in _inner(node) for part in inner)


def _inner(node: Node) -> list[Any]:
    """The trees within a node; of alternatives each."""
    code, value = str(node[0]), node[1]
    if code in REPEATS:
        return [value[2]]
    if code == "BRANCH":
        return list(value[1])
    if code in {"SUBPATTERN", "ASSERT", "ASSERT_NOT"}:
        return [value[-1]]
    if code == "ATOMIC_GROUP":
        return [value]
    return [tree for tree in value[1:] if tree] if code == "GROUPREF_EXISTS" else []


def _kinds(nodes: list[Node], pattern: Pattern) -> list[str]:
    """A character of each kind that the nodes tell apart, those of the pattern first."""
    written = [chr(value) for code, value in nodes if str(code) == "LITERAL"]
    tests = [_matcher([node], pattern.flags) for node in nodes]
    kinds: dict[tuple[bool, ...], str] = {}
    for character in [*written, *COMMON]:
        kinds.setdefault(tuple(test(character) is not None for test in tests), character)
    return list(kinds.values())


def _matcher(nodes: list[Node], flags: int) -> Any:
    state = _parser.State()
    state.str, state.flags = "", flags
    return _compiler.compile(_parser.SubPattern(state, nodes), flags).fullmatch


def _sample(nodes: Iterable[Node], kinds: list[str]) -> str:
    """A text that the nodes match, as far as that is easily told."""
    return "".join(_sample_of(node, kinds) for node in nodes)


def _sample_of(node: Node, kinds: list[str]) -> str:
    code, value = str(node[0]), node[1]
    if code == "LITERAL":
        return chr(value)
    if code in CHARACTERS:
        matches = _matcher([node], re.DOTALL)
        return next(filter(matches, kinds), "")
    if code in {"ASSERT", "ASSERT_NOT"}:
        return ""
    inner = _inner(node)
    times = max(1, min(value[0], 5)) if code in REPEATS else 1
    return _sample(inner[0], kinds) * times if inner else ""


def _bodies(nodes: list[Node], kinds: list[str]) -> list[str]:
    return [_sample(node[1][2], kinds) for node in nodes if str(node[0]) in REPEATS]


def _unique(texts: Iterable[str]) -> list[str]:
    return [*filter(None, dict.fromkeys(texts))]
