"""What a query means beyond its letters: numbers, aliases, agencies. Everything read into it is said in the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from index.meaning.names import names_inside, other_names, shorts_of_words
from index.query.grammar import replaced
from index.query.numbers import as_written, asked_number, near_nodes, number_nodes, shown, to_mark
from index.query.tree import And, Contains, Node, Not, Or, Phrase, Scope, Understood
from notices.text.fold import fold

if TYPE_CHECKING:
    from notices.reference.numbers import NumberQuery

ALIAS = 100.0


class Meaning(NamedTuple):
    """`node` matches what the query says, in other notations too; `near` is what it may also mean, by weight; `names` are to be marked."""

    node: Node
    near: tuple[tuple[Node, float], ...] = ()
    understood: tuple[Understood, ...] = ()
    names: tuple[str, ...] = ()


def understood(text: str, tree: Node, node: Node, words: Sequence[str], home: Path | None) -> Meaning:
    """The meaning of a query: `tree` as its operators say, `node` with its letters beside, `words` folded and not quoted."""
    asked = asked_number(text)
    meant = number_nodes(asked, _scope(tree)) if asked else ()
    if asked and meant:
        note = Understood("number", text.strip(), shown(asked))
        return Meaning(Or((node, *meant)), tuple(near_nodes(asked)), (note,), tuple(map(fold, to_mark(asked))))
    numbers = {word: number for word in dict.fromkeys(words) if (number := asked_number(word)) and as_written(number)}
    if not numbers:
        return _with_names(tree, node, words, home)
    changed = _with_numbers(tree, numbers)
    rest = _with_names(changed, Or((node, changed)), words, home)
    notes = (Understood("number", word, shown(number)) for word, number in numbers.items())
    return rest._replace(understood=(*notes, *rest.understood), names=(*map(as_written, numbers.values()), *rest.names))


def _scope(node: Node) -> Scope:
    """Where the words of a tree are looked for."""
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


def _with_names(tree: Node, node: Node, words: Sequence[str], home: Path | None) -> Meaning:
    known = {word: found for word in dict.fromkeys(words) if (found := other_names(word, home) or names_inside(word, home))}
    if not known:
        return _with_shorts(tree, node, words, home)

    def change(leaf: Node) -> Node:
        return _either(leaf, known[leaf.text].names) if isinstance(leaf, Phrase) and leaf.text in known else leaf

    notes = tuple(Understood(found.kind, word, "、".join(found.names)) for word, found in known.items())
    names = tuple(run for found in known.values() for name in found.names for run in name.split())
    return Meaning(node, ((replaced(tree, change), ALIAS),), notes, names)


def _with_shorts(tree: Node, node: Node, words: Sequence[str], home: Path | None) -> Meaning:
    """The words of a long form asked for its short one: 公众安全感 执法满意度 for 两感."""
    plain = isinstance(tree, Phrase) or (isinstance(tree, And) and all(isinstance(part, Phrase) for part in tree.parts))
    shorts = shorts_of_words(list(words), home) if plain else ()
    if not shorts:
        return Meaning(node)
    near = Or(tuple(Phrase(short) for short in shorts))
    return Meaning(node, ((near, ALIAS),), (Understood("alias", " ".join(words), "、".join(shorts)),), shorts)


def _either(leaf: Phrase, names: Sequence[str]) -> Node:
    return Or((leaf, *(_named(name, leaf.scope) for name in names)))


def _named(name: str, scope: Scope) -> Node:
    """Documents that hold a name, or all runs of it: 人事部 is not in 人事部门, which every county has."""
    if " " in name:
        return And(tuple(_named(run, scope) for run in name.split()))
    named = Phrase(name, scope)
    return And((named, Not(Phrase(f"{name}门", scope)))) if name.endswith("部") else named


def issuers_meant(node: Node, home: Path | None) -> tuple[Node, tuple[Understood, ...]]:
    """The tree with every issuer that is asked for found under its other names too."""
    notes: list[Understood] = []

    def change(leaf: Node) -> Node:
        if not (isinstance(leaf, Contains) and leaf.field == "issuer"):
            return leaf
        found = other_names(leaf.text, home)
        if found is None:
            return leaf
        notes.append(Understood(found.kind, leaf.text, "、".join(found.names)))
        return Or((leaf, *(Contains("issuer", name) for name in found.names)))

    return replaced(node, change), tuple(notes)
