"""What the service is made of, found by looking: its modules, regular expressions and functions."""

import ast
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple, get_type_hints

import app
import settings

Pattern = re.Pattern[Any]
OfText = Callable[[Any], object]

METHODS: Final = frozenset(
    {"search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
)


class PatternUse(NamedTuple):
    """A pattern, where it stands, and the methods that it is seen to be used by."""

    name: str
    pattern: Pattern
    methods: frozenset[str]


@cache
def modules_of_service() -> list[ModuleType]:
    """Every module of the service and of its settings."""
    names = [
        found.name
        for package in (app, settings)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not found.name.endswith(".conf")  # gunicorn's, which is no module
    ]
    return [app, settings, *map(import_module, names)]


def find_patterns(modules: Iterable[ModuleType]) -> list[PatternUse]:
    """The patterns that modules and their classes hold, and those of calls like `re.sub`."""
    names: dict[Pattern, str] = {}
    methods: defaultdict[Pattern, set[str]] = defaultdict(set)
    for module in modules:
        for holder in (module, *_own(module, inspect.isclass)):
            for name in vars(holder).keys() - _imported(module):
                for pattern in _patterns_in(vars(holder)[name]):
                    names.setdefault(pattern, f"{module.__name__}.{name}")
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                value = vars(module).get(getattr(node.value, "id", ""))
                if isinstance(value, re.Pattern):
                    methods[value].add(node.attr)
        for _, call in _calls_of_re(module):
            if (written := _written_pattern(call)) is not None:
                names.setdefault(written, f"{module.__name__}:{call.lineno}")
    return [PatternUse(names[one], one, frozenset(methods[one])) for one in names]


def find_made_patterns(modules: Iterable[ModuleType]) -> set[str]:
    """The functions that make patterns of what they are given."""
    return {
        f"{module.__name__}.{function}"
        for module in modules
        for function, call in _calls_of_re(module)
        if _written_pattern(call) is None
    }


def find_functions(modules: Iterable[ModuleType]) -> dict[str, tuple[OfText, type]]:
    """The public functions that need a text or bytes and nothing else, and which of the two."""
    found: dict[str, tuple[OfText, type]] = {}
    for module in modules:
        for function in _own(module, inspect.isfunction):
            kind = _only_argument(function)
            if kind in (str, bytes) and not function.__name__.startswith("_"):
                found[f"{module.__name__}.{function.__name__}"] = function, kind
    return found


def find_readers(modules: Iterable[ModuleType]) -> dict[str, tuple[type, type]]:
    """The classes that are made of nothing and fed with texts or bytes, a part at a time."""
    found: dict[str, tuple[type, type]] = {}
    for module in modules:
        for cls in _own(module, inspect.isclass):
            feed = getattr(cls, "feed", None)
            if inspect.isfunction(feed) and not _needed(inspect.signature(cls)):
                kind = next(iter(get_type_hints(feed).values()))
                found[f"{module.__name__}.{cls.__name__}"] = cls, kind
    return found


def _own(module: ModuleType, kind: Callable[[object], bool]) -> list[Any]:
    found = [value for _, value in inspect.getmembers(module, kind)]
    return [value for value in found if value.__module__ == module.__name__]


def _imported(module: ModuleType) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _patterns_in(value: object) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _patterns_in(inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _patterns_in(inner)


def _only_argument(function: FunctionType) -> object:
    needed = _needed(inspect.signature(function))
    if len(needed) != 1 or inspect.iscoroutinefunction(function):
        return None
    try:
        return get_type_hints(function).get(needed[0])
    except NameError:  # of a type that is imported for the checker alone
        return None


def _needed(signature: inspect.Signature) -> list[str]:
    return [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    ]


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(Path(module.__file__ or "").read_text())


def _calls_of_re(module: ModuleType) -> list[tuple[str, ast.Call]]:
    """The calls of `re` within functions: what is called outside is held by the module."""
    return [
        (function.name, call)
        for function in ast.walk(_tree(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "re"
        and call.func.attr in {*METHODS, "compile"}
    ]


def _written_pattern(call: ast.Call) -> Pattern | None:
    written = call.args[0]
    return re.compile(written.value) if isinstance(written, ast.Constant) else None
