"""Query expansion: numbers in other notations, aliases, agencies. The answer lists everything that was added (Interpretation)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index.meaning.days import day_notations
from index.meaning.names import names_inside, other_names, shorts_of_words
from index.query.grammar import replaced
from index.query.numbers import as_written, near_nodes, number_nodes, query_number, shown, to_mark
from index.query.parse import ParsedQuery
from index.query.tree import And, Between, Contains, Interpretation, Is, Node, Not, Or, Phrase, Query, Scope
from index.query.values import date_range
from notices.errors import QuerySyntaxError
from notices.text.fold import fold

if TYPE_CHECKING:
    from notices.reference.numbers import NumberQuery

ALIAS, OWN_TITLE = 100.0, 200.0


class ExpandedQuery(NamedTuple):
    """`node` matches the query in other notations too; `near` are nodes for other things it may mean, with weights; `names` are to be marked."""

    node: Node
    near: tuple[tuple[Node, float], ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    names: tuple[str, ...] = ()


def expand(parsed: ParsedQuery, home: Path | None) -> Query:
    """The query with the other notations and names of what it asks for. `home` is the archive's folder: its own aliases."""
    query = parsed.query
    expanded = _expanded(parsed, home)
    node, in_text = _with_issuer_names(expanded.node, home)
    limits, in_options = _with_issuer_names(query.filters, home)
    notes = dict.fromkeys((*query.interpretations, *expanded.interpretations, *in_text, *in_options))
    marks = dict.fromkeys((*query.highlights, *expanded.names))
    return Query(query.text, node, limits, expanded.near, query.relaxed_text, tuple(marks), tuple(notes))


def _expanded(parsed: ParsedQuery, home: Path | None) -> ExpandedQuery:
    """The words of the query expanded; an issuer that a field or filter names is not."""
    text, node, tree, words = parsed.query.text, parsed.query.node, parsed.tree, parsed.words
    number = query_number(text)
    nodes = number_nodes(number, _scope(tree)) if number else ()
    if number and nodes:
        note = Interpretation("number", text.strip(), shown(number))
        return ExpandedQuery(Or((node, *nodes)), tuple(near_nodes(number)), (note,), tuple(map(fold, to_mark(number))))
    if isinstance(tree, Phrase) and tree.scope == "any" and (meant := _as_title(text, node) or _as_day(text, node)):
        return meant
    numbers = {word: number for word in dict.fromkeys(words) if (number := query_number(word)) and as_written(number)}
    days = {word: written for word in dict.fromkeys(words) if (written := day_notations(word))}
    if not numbers and not days:
        return _with_names(tree, node, words, home)
    changed = _with_days(_with_numbers(tree, numbers), days)
    rest = _with_names(changed, Or((node, changed)), words, home)
    notes = [Interpretation("number", word, shown(number)) for word, number in numbers.items()]
    notes += [Interpretation("date", word, written[0]) for word, written in days.items()]
    names = (*map(as_written, numbers.values()), *(each for written in days.values() for each in written), *rest.names)
    return rest._replace(interpretations=(*notes, *rest.interpretations), names=names)


def _as_title(text: str, node: Node) -> ExpandedQuery | None:
    """A query that is one title in its brackets and nothing else, as that title: titles themselves are written without."""
    inner = re.fullmatch(r"\s*《([^《》]{3,})》\s*", text)
    title = fold(inner[1]) if inner else ""
    if not inner or not title:
        return None
    titled = Phrase(title, "title")
    note = Interpretation("title", text.strip(), inner[1])
    return ExpandedQuery(Or((node, titled)), ((Is("title", (title,)), OWN_TITLE), (titled, ALIAS)), (note,), (title,))


def _as_day(text: str, node: Node) -> ExpandedQuery | None:
    """A query that is a day or a month and nothing else, in every notation, with what was published then; a year alone is more often a part of a text."""
    if not re.fullmatch(r"\s*\d{4}(?:[-/.]\d{1,2}(?:[-/.]\d{1,2})?|年\d{1,2}月(?:\d{1,2}[日号])?)\s*", text):
        return None
    try:
        first, last = date_range(text.strip(), text, 0)
    except QuerySyntaxError:
        return None
    meant = "..".join(dict.fromkeys(each.isoformat() for each in (first, last) if each))
    note = Interpretation("date", text.strip(), f"日期:{meant}")
    written = day_notations(text.strip())
    either = Or((node, *map(Phrase, written))) if written else node
    return ExpandedQuery(either, ((node, ALIAS), (Between("published_date", first, last), ALIAS)), (note,), written)


def _scope(node: Node) -> Scope:
    """The part of a document in which the words of a tree are searched."""
    if isinstance(node, And | Or):
        return _scope(node.parts[0]) if node.parts else "any"
    return node.scope if isinstance(node, Phrase) else "any"


def _with_numbers(tree: Node, numbers: Mapping[str, NumberQuery]) -> Node:
    """The tree with whole numbers among other words found in every notation: 国办发2017年47号 网站."""

    def change(leaf: Node) -> Node:
        if not (isinstance(leaf, Phrase) and leaf.text in numbers):
            return leaf
        return Or((leaf, *number_nodes(numbers[leaf.text], leaf.scope)))

    return replaced(tree, change)


def _with_days(tree: Node, days: Mapping[str, Sequence[str]]) -> Node:
    """The tree with days among other words found in every notation: 2026-01-03 值守."""

    def change(leaf: Node) -> Node:
        if not (isinstance(leaf, Phrase) and leaf.text in days):
            return leaf
        return Or((leaf, *(Phrase(written, leaf.scope) for written in days[leaf.text])))

    return replaced(tree, change)


def _with_names(tree: Node, node: Node, words: Sequence[str], home: Path | None) -> ExpandedQuery:
    known = {word: found for word in dict.fromkeys(words) if (found := other_names(word, home) or names_inside(word, home))}
    if not known:
        return _with_shorts(tree, node, words, home)

    def change(leaf: Node) -> Node:
        return _either(leaf, known[leaf.text].names) if isinstance(leaf, Phrase) and leaf.text in known else leaf

    notes = tuple(Interpretation(found.kind, word, "、".join(found.names)) for word, found in known.items())
    names = tuple(run for found in known.values() for name in found.names for run in name.split())
    return ExpandedQuery(node, ((replaced(tree, change), ALIAS),), notes, names)


def _with_shorts(tree: Node, node: Node, words: Sequence[str], home: Path | None) -> ExpandedQuery:
    """The words of a long form find its short form: 公众安全感 执法满意度 finds 两感."""
    plain = isinstance(tree, Phrase) or (isinstance(tree, And) and all(isinstance(part, Phrase) for part in tree.parts))
    shorts = shorts_of_words(list(words), home) if plain else ()
    if not shorts:
        return ExpandedQuery(node)
    near = Or(tuple(Phrase(short) for short in shorts))
    return ExpandedQuery(node, ((near, ALIAS),), (Interpretation("alias", " ".join(words), "、".join(shorts)),), shorts)


def _either(leaf: Phrase, names: Sequence[str]) -> Node:
    return Or((leaf, *(_name_node(name, leaf.scope) for name in names)))


def _name_node(name: str, scope: Scope) -> Node:
    """Documents that contain a name, or all runs of it. 人事部 does not match 人事部门, which every county has."""
    if " " in name:
        return And(tuple(_name_node(run, scope) for run in name.split()))
    phrase = Phrase(name, scope)
    return And((phrase, Not(Phrase(f"{name}门", scope)))) if name.endswith("部") else phrase


def _with_issuer_names(node: Node, home: Path | None) -> tuple[Node, tuple[Interpretation, ...]]:
    """The tree with each issuer found under its other names too."""
    notes: list[Interpretation] = []

    def change(leaf: Node) -> Node:
        if not (isinstance(leaf, Contains) and leaf.field == "issuer"):
            return leaf
        found = other_names(leaf.text, home)
        if found is None:
            return leaf
        notes.append(Interpretation(found.kind, leaf.text, "、".join(found.names)))
        return Or((leaf, *(Contains("issuer", name) for name in found.names)))

    return replaced(node, change), tuple(notes)
