"""The words that each verb takes, read from the parsers."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from dataclasses import dataclass

_KINDS = {
    "NOTICE": "archive",
    "ID_OR_NUMBER": "archive",
    "QUERY": "query",
    "SOURCE": "sources",
    "NAME_OR_FILE": "sources",
    "NAME": "sources",
    "RUN": "nothing",
    "ID": "catalogue",
    "WORD": "nothing",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One command, such as "notices source check": the words that may follow, its options that take a value, and its arguments.

    `valued` maps an option to its choices; with no choices it takes any value. `rest` is archive, query, sources, catalogue, files or nothing.
    """

    command: str
    words: tuple[str, ...]
    valued: dict[str, tuple[str, ...]]
    rest: str


def rows() -> list[Row]:
    """A row for each command and verb; loads all of them."""
    # start-up time: only `notices completion` loads every verb
    from cli.main import VERBS
    from cli.search.options import options_parser

    top = argparse.ArgumentParser("notices", add_help=False)
    verbs = top.add_subparsers()
    for module in dict.fromkeys(module for module, _text in VERBS.values()):
        importlib.import_module(module).add_verbs(verbs)
    top.add_argument("--version", action="store_true")
    top.add_argument("--verbose", action="store_true")
    return [*_rows(top, "notices"), *_rows(options_parser(), "search")]


def _rows(parser: argparse.ArgumentParser, command: str) -> Iterator[Row]:
    words: list[str] = []
    valued: dict[str, tuple[str, ...]] = {}
    kinds, below = list[str](), list[Row]()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            below += [row for name, verb in action.choices.items() for row in _rows(verb, f"{command} {name}")]
            words += [name for name in action.choices if name != "complete"]
        elif action.option_strings:
            long = [option for option in action.option_strings if option.startswith("--")]
            words += long
            valued |= {option: _choices(action) for option in long if action.nargs != 0}
        else:
            words += _choices(action)
            kinds.append(_KINDS.get(str(action.metavar), "nothing" if action.choices else "files"))
    yield Row(command, tuple(words), valued, kinds[0] if kinds else "nothing")
    yield from below


def _choices(action: argparse.Action) -> tuple[str, ...]:
    return tuple(map(str, action.choices or ()))
