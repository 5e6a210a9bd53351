"""Field filters in a query, and the filter options of a search, as nodes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import NamedTuple, cast

from index.query.tree import And, Between, Contains, DateField, Everything, HasAttachment, Is, Node, Or, Phrase, Scope, TermField, TextField
from index.query.values import LONGEST_PART, date_range, day_prefixes, state_of, validity_of
from notices.errors import QuerySyntaxError
from notices.reference.kinds import CANONICAL_KINDS
from notices.text.fold import fold
from notices.text.language import _

_LIST = "[,，、|]"
_HAS = ("attachment", "attachments", "附件")


class Filters(NamedTuple):
    """The filters that a search has in addition to its text."""

    source: tuple[str, ...] = ()
    issuer: str = ""
    region: str = ""
    kind: tuple[str, ...] = ()
    number: str = ""
    state: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    date_field: DateField = "published_date"
    has_attachment: bool = False
    scope: Scope = "any"
    theme: tuple[str, ...] = ()
    validity: tuple[str, ...] = ()


def field_node(name: str, value: str, query: str, start: int) -> Node:
    """The node of a field filter. Raises QuerySyntaxError for a value that the field cannot have."""
    if name in _BY_VALUE:
        return _BY_VALUE[name](value)
    if name in _BY_PLACE:
        return _BY_PLACE[name](value, query, start)
    since, until = date_range(value, query, start)
    if name in ("archived", "changed", "deadline"):
        return Is(cast(TermField, name), day_prefixes(since, until), prefix=True)
    return Between(cast(DateField, name), since, until)


def _contains(field: TextField, value: str) -> Node:
    return _either(*(Contains(field, fold(v)) for v in _values(value)))


def _state(value: str, query: str, start: int) -> Node:
    return Is("state", tuple(state for v in _values(value) for state in state_of(v, query, start)))


def _validity(value: str, query: str, start: int) -> Node:
    return Is("validity", tuple(validity_of(v, query, start) for v in _values(value)))


def _part(field: TermField) -> Callable[[str], Node]:
    """Documents whose short value contains the text; they keep it from each character on, so a beginning is enough."""
    return lambda value: Is(field, tuple(fold(v)[:LONGEST_PART] for v in _values(value)), prefix=True)


def _values(value: str) -> tuple[str, ...]:
    """The values of a list, such as 通知,公告."""
    return tuple(v.strip() for v in re.split(_LIST, value) if fold(v)) or (value,)


def _kinds(values: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds as notices are filed under them: 決定 is 决定, 命令 is 令."""
    folded = map(fold, values)
    return tuple(dict.fromkeys(CANONICAL_KINDS.get(kind, kind) for kind in folded))


def _either(*nodes: Node) -> Node:
    return nodes[0] if len(nodes) == 1 else Or(nodes)


def _has(value: str, query: str, start: int) -> Node:
    if value.strip().lower() not in _HAS:
        raise QuerySyntaxError(
            _("{value!r} is not something a notice can have. Use has:attachment or has:附件").format(value=value), query, start
        )
    return HasAttachment()


def region_node(value: str, query: str, start: int) -> Node:
    """Documents of these regions, or of any region in them. Raises QuerySyntaxError for an unknown region."""
    from notices.reference.regions import prefixes_of  # the table of regions: only a search with a region loads it

    codes: list[str] = []
    for each in _values(value):
        found = prefixes_of(each)
        if not found:
            raise QuerySyntaxError(
                _("{each!r} is not a region. Use a name such as 河南, 新乡市 or 新乡市红旗区, or a code such as 4107").format(each=each),
                query,
                start,
            )
        codes += found
    return Is("region", tuple(dict.fromkeys(codes)), prefix=True)


def number_node(value: str) -> Node:
    """Documents whose number contains the value, or equals the number that the value writes in another notation."""
    from index.query.numbers import part_node, query_number  # an exact search without a number starts faster without it

    number = query_number(value)
    same = part_node(number) if number else None
    return _either(Contains("document_number", fold(value)), *([same] if same else []))


def _lists(filters: Filters) -> tuple[tuple[TermField, tuple[str, ...]], ...]:
    return ("source", filters.source), ("kind", _kinds(filters.kind)), ("state", filters.state), ("validity", filters.validity)


def filter_node(filters: Filters) -> Node:
    """The node of all filters except the scope. Raises QuerySyntaxError for an unknown region."""
    parts: list[Node] = [Is(name, given) for name, given in _lists(filters) if given]
    if fold(filters.issuer):
        parts.append(Contains("issuer", fold(filters.issuer)))
    if fold(filters.number):
        parts.append(number_node(filters.number))
    if any(map(fold, filters.theme)):
        parts.append(_part("theme")(",".join(filters.theme)))
    if filters.region:
        parts.append(region_node(filters.region, filters.region, 0))
    if filters.since or filters.until:
        parts.append(Between(filters.date_field, filters.since, filters.until))
    if filters.has_attachment:
        parts.append(HasAttachment())
    return And(tuple(parts)) if len(parts) > 1 else parts[0] if parts else Everything()


_BY_VALUE: dict[str, Callable[[str], Node]] = {
    "title": lambda value: Phrase(fold(value), "title"),
    "text": lambda value: Phrase(fold(value), "text"),
    "attachment": lambda value: Phrase(fold(value), "attachment"),
    "issuer": lambda value: _contains("issuer", value),
    "source": lambda value: _contains("source", value),
    "number": number_node,
    "kind": lambda value: Is("kind", _kinds(_values(value))),
    "index_number": _part("index_number"),
    "theme": _part("theme"),
    "addressee": _part("addressee"),
}
_BY_PLACE: dict[str, Callable[[str, str, int], Node]] = {"state": _state, "validity": _validity, "has": _has, "region": region_node}
