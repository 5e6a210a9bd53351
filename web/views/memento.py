"""Memento (RFC 7089): a TimeGate and a TimeMap for every archived address. A memento is the page of a revision, its text as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from operations.read.mementos import Memento, mementos_of, nearest
from web.pages import Reader, archive_of, validated
from web.views.discovery import base_of

_MALFORMED = "Accept-Datetime: {value} is not a date as RFC 7089 writes it, such as Fri, 01 Mar 2024 00:00:00 GMT."


def timegate(request: Request) -> Response:
    """The state at the time that Accept-Datetime names."""
    found = mementos_of(archive_of(request).database, _url(request))
    chosen = nearest(found, _wanted(request))
    base = base_of(request)
    links = ", ".join([*_about(base, found[0].url), *_around(base, chosen, found)])
    return RedirectResponse(f"/n/{chosen.notice}/r/{chosen.revision}", 302, {"Vary": "accept-datetime", "Link": links})


def timemap(request: Request) -> Response:
    """All states, in application/link-format."""
    found = mementos_of(archive_of(request).database, _url(request))
    base, url = base_of(request), _escaped(found[0].url)
    itself = f'<{base}/timemap/link/{url}>; rel="self"; type="application/link-format"; from="{_date(found[0].at)}"; until="{_date(found[-1].at)}"'
    original, gate, _map = _about(base, found[0].url)
    lines = [original, gate, itself, *(_memento(base, each, found) for each in found)]
    return validated(request, Response(",\n".join(lines) + "\n", media_type="application/link-format"))


def memento_headers(base: str, url: str, at: datetime) -> dict[str, str]:
    """What says of a page that it is a memento."""
    return {"Memento-Datetime": _date(at), "Link": ", ".join(_about(base, url))}


def _about(base: str, url: str) -> Iterator[str]:
    plain = _escaped(url)
    yield f'<{plain}>; rel="original"'
    yield f'<{base}/timegate/{plain}>; rel="timegate"'
    yield f'<{base}/timemap/link/{plain}>; rel="timemap"; type="application/link-format"'


def _memento(base: str, each: Memento, found: Sequence[Memento], beside: str | None = None) -> str:
    place = [word for word, which in (("first", found[0]), ("last", found[-1])) if each == which]
    rel = " ".join([*place, *([beside] if beside else []), "memento"])
    return f'<{base}/n/{each.notice}/r/{each.revision}>; rel="{rel}"; datetime="{_date(each.at)}"'


def _around(base: str, chosen: Memento, found: Sequence[Memento]) -> Iterator[str]:
    """The chosen one, those before and after it, the first and the last (RFC 7089, 2.2.4), in order."""
    at = found.index(chosen)
    beside = {at - 1: "prev", at + 1: "next"}
    for n in sorted({0, at - 1, at, at + 1, len(found) - 1} & set(range(len(found)))):
        yield _memento(base, found[n], found, beside.get(n))


def _escaped(url: str) -> str:
    """An address as a header may contain it: nothing in it ends the brackets around it."""
    return quote(url, safe="/:?#[]@!$&'()*+,;=%-._~")


def _date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _url(request: Request) -> str:
    query = request.url.query
    return str(request.path_params["url"]) + (f"?{query}" if query else "")


def _wanted(request: Request) -> datetime | None:
    value = request.headers.get("accept-datetime")
    if value is None:
        return None
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, IndexError, OverflowError):
        found = None
    if found is None:
        raise HTTPException(400, Reader(request).text(_MALFORMED, value=repr(value[:60])))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
