"""Every address of the API with what it takes: the routes and the OpenAPI document are made of this table."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from index.query.parse import MAX_BYTES
from index.search import SORTS
from notices.errors import UserError
from notices.text.language import _
from web.views.export import forms
from web.views.query import LIMIT, MOST

Json = dict[str, object]
_LEAP = "(19|20)(0[48]|[2468][048]|[13579][26])|2000"
_DAY = (
    r"^((19|20)[0-9]{2}(-(0[1-9]|1[0-2])|-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|-(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    rf"|-02-(0[1-9]|1[0-9]|2[0-8]))?|({_LEAP})-02-29)$"
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a query, as JSON Schema says what it may be."""

    name: str
    text: str
    schema: Json
    required: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address under /api/v1. `path` writes its parameters as OpenAPI does; all of them are positive integers."""

    path: str
    name: str
    text: str
    view: Callable[[Request], Response]
    parameters: tuple[Parameter, ...] = ()
    answers: tuple[str, ...] = ("application/json",)

    @property
    def route(self) -> str:
        """The path as Starlette writes it."""
        return self.path.replace("}", ":int}")


def refuse_wrong(parameters: Sequence[Parameter], given: QueryParams) -> None:
    """Raise UserError for a value that its schema does not allow: an address with a slip is not answered as if it had none."""
    for each in parameters:
        values, schema = given.getlist(each.name), each.schema
        if each.required and not values:
            raise UserError(_("{name} is missing").format(name=each.name))
        if schema["type"] == "array":
            if len(values) > int(str(schema["maxItems"])):
                raise UserError(
                    _("{name}: {count} values, at most {most} are allowed").format(
                        name=each.name, count=len(values), most=schema["maxItems"]
                    )
                )
            items = schema["items"]
            schema = items if isinstance(items, dict) else {}
        for value in values:
            if not _allows(schema, value):
                raise UserError(
                    _("{name}: {value} is not allowed here; see the OpenAPI document").format(name=each.name, value=repr(value[:60]))
                )


def _allows(schema: Json, value: str) -> bool:
    if schema["type"] == "integer":
        plain = value.isascii() and value.isdigit() and len(value) < 16
        return plain and int(str(schema["minimum"])) <= int(value) <= int(str(schema["maximum"]))
    choices, pattern = schema.get("enum"), schema.get("pattern")
    fits = int(str(schema.get("minLength", 0))) <= len(value) <= int(str(schema.get("maxLength", MAX_BYTES)))
    return fits and (not isinstance(choices, list) or value in choices) and (not pattern or re.search(str(pattern), value) is not None)


def text(most: int = 200) -> Json:
    """The schema of a text."""
    return {"type": "string", "maxLength": most}


def one_of(*values: str) -> Json:
    """The schema of a choice."""
    return {"type": "string", "enum": list(values)}


def count(least: int, most: int, default: int | None = None) -> Json:
    """The schema of a number."""
    return {"type": "integer", "minimum": least, "maximum": most} | ({} if default is None else {"default": default})


def several(schema: Json) -> Json:
    """The schema of a parameter that may be repeated."""
    return {"type": "array", "items": schema, "maxItems": 5}


AS_OF = Parameter("as_of", "as the archive was at the end of this day, month or year (in China)", {"type": "string", "pattern": _DAY})
SEARCH = (
    Parameter("q", f"the query (docs/search.md), at most {MAX_BYTES} bytes of UTF-8", text(MAX_BYTES)),
    Parameter("source", "only from this source", several(text())),
    Parameter("issuer", "the issuer's name contains this", text()),
    Parameter("region", "in this region, by name or code", text()),
    Parameter("kind", "of this kind, such as 通知", several(text())),
    Parameter("number", "the document number, whole or in part", text()),
    Parameter("state", "in this state", several(one_of("listed", "missing", "withdrawn", "back"))),
    Parameter(
        "validity",
        "of this validity",
        several(one_of("in_force", "expired", "repealed", "amended", "partly_repealed", "not_yet_in_force", "unknown")),
    ),
    Parameter("theme", "its theme on its site contains this", several(text())),
    Parameter("since", "from this day, month or year on", {"type": "string", "pattern": _DAY}),
    Parameter("until", "until the end of this day, month or year", {"type": "string", "pattern": _DAY}),
    Parameter("date", "which date since and until compare", one_of("published", "written", "effective")),
    Parameter("has", "with an attachment", one_of("attachment")),
    Parameter("in", "the part in which the words must occur", one_of("all", "title", "text", "attachment")),
    Parameter("sort", "the order", one_of(*SORTS)),
    Parameter("exact", "1: the literal text only", one_of("1")),
    Parameter("copies", "all: each copy of an instrument is a hit", one_of("all")),
    Parameter("similar", "in place of q: notices similar to this one (id, address, number or title)", text()),
    Parameter("limit", "hits of a page", count(1, MOST, LIMIT)),
    Parameter("after", "the `next` of an earlier answer to the same question", text()),
    Parameter("facets", "1: count issuers, regions, kinds, years, sources, states", one_of("1")),
    Parameter("past", "1: what its source shows no longer: replaced revisions and withdrawn notices", one_of("1")),
    AS_OF,
)
EXPORT = (
    *(each for each in SEARCH if each.name not in ("sort", "similar", "limit", "after", "facets", "past", "as_of", "copies")),
    Parameter("all", "1: every notice, in place of a query", one_of("1")),
    Parameter("format", "the format (default: jsonl); wacz packs archived pages for replay, of few notices", one_of(*forms())),
)
MOST_CHANGES = 500
CHANGES = (
    Parameter(
        "since",
        "only changes after this number, or from this day on (default: all)",
        {"type": "string", "pattern": rf"^(0|[1-9][0-9]{{0,14}})$|{_DAY}"},
    ),
    Parameter("limit", "changes of a page", count(1, MOST_CHANGES, MOST_CHANGES)),
)
MOST_SOURCES = 200
SOURCES = (
    Parameter("after", "only sources whose names come after this one, the `next` of an earlier answer", text(80)),
    Parameter("limit", "sources of a page", count(1, MOST_SOURCES, MOST_SOURCES)),
)
LARGEST_TEXT = 80_000  # bytes of a body whose citations are checked
TEXT = (Parameter("text", "the text whose citations are checked; a longer one is sent by POST", text(600), required=True),)
REVISIONS = (
    Parameter("from", "the earlier revision (default: the one before `to`)", count(1, 999_999_999)),
    Parameter("to", "the later revision (default: the newest, or the one after `from`)", count(1, 999_999_999)),
)
