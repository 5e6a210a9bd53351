"""The query in an address: its words and filters, and the same address with one of them more or less."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, cast

from starlette.requests import Request

from index.answer.past import names_past
from index.engine import Page
from index.query.parse import Filters
from index.query.tree import DateField, Scope
from index.query.values import date_range, state_of, validity_of
from index.search import SORTS, SearchRequest, SearchResult
from notices.errors import QueryLimitError, QuerySyntaxError, StaleCursor, UnknownName, UserError
from notices.reference.regions import prefixes_of
from notices.text.language import _
from web.archive import Archive

FILTERS = ("source", "issuer", "region", "kind", "number", "state", "validity", "theme", "since", "until", "has", "in", "past", "as_of")
_SINGLE = ("issuer", "region", "number", "since", "until", "has", "in", "past", "as_of")
_SCOPES = {"": "any", "all": "any", "title": "title", "text": "text", "attachment": "attachment"}
_DATES = {"": "published_date", "published": "published_date", "written": "written_date", "effective": "effective_date"}
_CHOICES = {
    "has": ("attachment",),
    "in": tuple(_SCOPES),
    "date": tuple(_DATES),
    "sort": SORTS,
    "exact": ("1",),
    "copies": ("all",),
    "facets": ("1",),
    "past": ("1",),
}
LIMIT, MOST = 20, 100
_MOST_VALUES, _LONGEST_VALUE = 60, 200

Pairs = tuple[tuple[str, str], ...]


class Asked(NamedTuple):
    """What an address asks for: the request, and the pairs of the address that matter to it."""

    request: SearchRequest
    pairs: Pairs
    as_of: date | None = None

    def answered(self, archive: Archive) -> SearchResult:
        """The archive's answer: of today, or of the day that is asked for."""
        return archive.search(self.request) if self.as_of is None else archive.search_as_of(self.request, self.as_of)

    @property
    def text(self) -> str:
        """The words."""
        return self.request.text

    @property
    def is_past(self) -> bool:
        """Whether the past is asked for, by the address or by a word of the query."""
        return self.request.past or names_past(self.text)

    @property
    def filters(self) -> Pairs:
        """The filters that are set."""
        return tuple(pair for pair in self.pairs if pair[0] in FILTERS)

    def without(self, *dropped: tuple[str, str]) -> Pairs:
        """The address without some pairs, at its first page."""
        return tuple(pair for pair in self.pairs if pair not in dropped and pair[0] != "after")

    def adding(self, *added: tuple[str, str]) -> Pairs:
        """The address with more, at its first page; a name that can have one value only has the new one."""
        names = {name for name, _ in added if name in _SINGLE or name == "sort"}
        return (*(pair for pair in self.without(*added) if pair[0] not in names), *added)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return (
            not self.text.strip() and not [name for name, _ in self.filters if name not in ("as_of", "past")] and not self.request.similar
        )


def asked(request: Request, *, facets: bool = False, snippets: bool = True) -> Asked:
    """What the address asks for. Raises UserError with the value that it cannot have."""
    given = request.query_params
    names = ("q", *FILTERS, "date", "sort", "after", "exact", "copies", "similar", "limit")
    pairs = tuple((name, value) for name, value in given.multi_items() if name in names and value.strip())
    for name, value in pairs:
        if name != "q" and len(value) > _LONGEST_VALUE:
            raise QueryLimitError(_("{name}: at most {most} characters are allowed").format(name=name, most=_LONGEST_VALUE))
    for name, allowed in _CHOICES.items():
        if (value := given.get(name, "")) not in ("", *allowed):
            raise UserError(
                _("{name}: {value} is not known here; use {known}").format(
                    name=name, value=repr(value), known=", ".join(filter(None, allowed))
                )
            )
    if len(pairs) > _MOST_VALUES:
        raise QueryLimitError(_("the address has {count} parts, at most {most} are allowed").format(count=len(pairs), most=_MOST_VALUES))
    as_of = day_of(request)
    if as_of and given.get("similar"):
        raise StaleCursor(_("similar notices are of today; they cannot be asked for as on another day"))
    if (region := given.get("region", "")).strip() and not prefixes_of(region):
        raise UnknownName(
            _("{region} is not a region; use a name such as 河南 or 新乡市, or a code such as 4107").format(region=repr(region))
        )
    past = bool(given.get("past"))
    if past and (as_of or given.get("similar")):
        raise StaleCursor(_("the past is searched as it is known today; leave out as_of and similar"))
    facets = facets and as_of is None
    search = SearchRequest(
        text=given.get("q", ""), filters=_filters(request), page=Page(count_of("limit", given.get("limit", ""), MOST, LIMIT), 0, given.get("sort") or SORTS[0]),
        after=given.get("after") or None, exact=given.get("exact") == "1", every_copy=given.get("copies") == "all",
        similar=given.get("similar") or None, facets=facets, wants_next=True, snippets=snippets,
        past=past,
    )  # fmt: skip
    return Asked(search, pairs, as_of)


def _filters(request: Request) -> Filters:
    given = request.query_params

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(value for value in given.getlist(name) if value.strip())

    return Filters(
        source=all_of("source"), issuer=given.get("issuer", ""), region=given.get("region", ""), kind=all_of("kind"),
        number=given.get("number", ""), state=tuple(each for value in all_of("state") for each in state_of(value, value, 0)),
        since=_day("since", given.get("since", ""))[0], until=_day("until", given.get("until", ""))[1],
        date_field=cast(DateField, _DATES[given.get("date", "")]), has_attachment=bool(given.get("has")), scope=cast(Scope, _SCOPES[given.get("in", "")]),
        theme=all_of("theme"), validity=tuple(validity_of(value, value, 0) for value in all_of("validity")),
    )  # fmt: skip


def day_of(request: Request) -> date | None:
    """The day as of which the archive is asked: the last one of a month or a year. Raises UserError."""
    return day_named("as_of", request.query_params.get("as_of", ""))


def day_named(name: str, value: str) -> date | None:
    """The day that a parameter names; None for an empty one. Raises UserError with the parameter's name."""
    day = _day(name, value)[1]
    if value.strip() and day is None:
        raise UserError(_("{name}: {value} is not a day").format(name=name, value=repr(value)))
    return day


def _day(name: str, value: str) -> tuple[date | None, date | None]:
    if not value.strip():
        return None, None
    try:
        return date_range(value, value, 0)
    except QuerySyntaxError as error:
        raise UserError(f"{name}: {error}") from error


def count_of(name: str, value: str, most: int, default: int | None = None) -> int:
    """The number that a parameter gives, from 1 to `most`; without one the default, or `most`. Raises UserError."""
    if not value:
        return default or most
    if not (value.isascii() and value.isdigit() and len(value) < 7 and 1 <= int(value) <= most):
        raise UserError(
            _("{name}: {value} is not a number from {least} to {most}").format(name=name, value=repr(value), least=1, most=most)
        )
    return int(value)


def facet_pairs(field: str, value: str) -> Iterator[tuple[str, str]]:
    """The filters that a value of a facet means."""
    if field == "year":
        yield from (("since", value), ("until", value))
    elif field == "attachment":
        yield "has", "attachment"
    else:
        yield field, value
