"""The files of db/queries, parsed once a process: to parse all of them takes 30 ms."""

from collections.abc import Callable
from copy import copy
from functools import cache

import pugsql.parser
from pugsql.context import _Context as Context
from pugsql.statement import Statement


def parsed_once() -> Callable[[str, Context], Statement]:
    """PugSQL's parser, which parses a text once, and copies a statement for each database."""
    parse = cache(pugsql.parser.parse)
    return lambda text, ctx: copy(parse(text, ctx))
