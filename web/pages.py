"""Pages made from templates: every value escaped, and what drives a terminal or turns the writing direction written out."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote, urlencode

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from notices.hours import ZONE
from notices.text.display import safe
from notices.text.language import told_in
from notices.urls import is_address
from web.archive import Archive
from web.language import ARCHIVES_OWN, LANGUAGES, TAGS, Language, language_named, translated

HERE = Path(str(files("web")))
Pairs = Sequence[tuple[str, str]]


class Reader:
    """Who asks: the language of the answer (`named`: None if the request names none that we speak), and links that keep one that was chosen by hand."""

    def __init__(self, request: Request) -> None:
        self.chosen = request.query_params.get("lang", "")
        self.named = language_named(self.chosen, request.headers.get("accept-language", ""))
        self.language: Language = self.named or ("en" if request.url.path.startswith("/api/") else ARCHIVES_OWN)
        self._request = request

    def text(self, english: str, **values: object) -> str:
        """The text in the reader's language."""
        return translated(english, self.language, values)

    def told(self, message: str | None) -> str:
        """What a job or an error says in English, in the reader's language."""
        return told_in(translated(message or "", self.language, {}), self.language)

    def link(self, path: str, pairs: Iterable[tuple[str, object]] = (), **more: object) -> str:
        """An address on this site, with the chosen language."""
        given = [(name, str(value)) for name, value in (*pairs, *more.items()) if value not in (None, "", False)]
        kept: list[tuple[str, str]] = [("lang", self.chosen)] if self.chosen in LANGUAGES else []
        query = urlencode([pair for pair in given if pair[0] != "lang"] + kept)
        return quote(path, safe="/:@-._~") + (f"?{query}" if query else "")

    def switches(self) -> list[tuple[Language, str]]:
        """The address of this page in each language."""
        pairs = [(name, value) for name, value in self._request.query_params.multi_items() if name != "lang"]
        path = quote(self._request.url.path, safe="/:@-._~")
        return [(language, f"{path}?{urlencode([*pairs, ('lang', language)])}") for language in LANGUAGES]


def page(request: Request, template: str, values: Mapping[str, object], status: int = 200) -> Response:
    """The page as an answer, with a validator: a reader who has it already gets 304."""
    reader = Reader(request)
    text = rendered(request, template, values, reader)
    return validated(request, HTMLResponse(text, status, {"Vary": "Accept-Language", "Content-Language": TAGS[reader.language]}))


def rendered(request: Request, template: str, values: Mapping[str, object], reader: Reader | None = None) -> str:
    """A template with the values, in the reader's language."""
    reader = reader or Reader(request)
    made = _templates().get_template(template)
    tools = {"t": reader.text, "told": reader.told, "link": reader.link, "reader": reader, "lang": TAGS[reader.language], "asset": asset}
    return made.render(values, path=request.url.path, **tools)


def validated(request: Request, response: Response) -> Response:
    """The response with an ETag of its content, or 304 when the reader has just that."""
    if response.status_code != 200:
        return response
    tag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "no-cache")
    return unless_known(request, response)


def unless_known(request: Request, response: Response) -> Response:
    """The response, or 304 when the reader has just that."""
    tag = response.headers["ETag"]
    known = [part.strip() for part in request.headers.get("if-none-match", "")[:2000].split(",")]
    if request.method in ("GET", "HEAD") and (tag in known or tag.removeprefix("W/") in known or known == ["*"]):
        left_out = ("content-length", "content-type", "content-encoding")
        kept = {name: value for name, value in response.headers.items() if name not in left_out}
        return Response(status_code=304, headers=kept)
    return response


def language_wanted(request: Request) -> Language:
    """The language of an answer to this request."""
    return Reader(request).language


def archive_of(request: Request) -> Archive:
    """The archive that this process serves."""
    archive = request.app.state.archive
    assert isinstance(archive, Archive)
    return archive


def segments(text: str, marks: Sequence[Sequence[int]]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether each is marked."""
    at = 0
    for start, end in marks:
        yield text[at:start], False
        yield text[start:end], True
        at = end
    yield text[at:], False


def outside(url: str | None) -> str:
    """An address of the web that a page may link to; empty for any other: javascript: and its like are never links."""
    return url if url and is_address(url) and url.lower().startswith(("http://", "https://")) else ""


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes with its content."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def _written(value: object) -> object:
    """The value as it is shown. Markup is our own; any other text may be what somebody published."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) else safe(str(value))


_ZONED = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)$")


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, finalize=_written, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    made.globals |= {"segments": segments, "outside": outside}
    made.filters["day"] = partial(_moment, length=10)
    made.filters["minute"] = partial(_moment, length=16)
    made.filters["last"] = last_day
    made.filters["quoted"] = shlex.quote
    return made


def _moment(value: object, *, length: int) -> str:
    """A moment as people read it: in China Standard Time if it has a zone, as the commands show it; a day or a local time as it is."""
    if isinstance(value, str) and _ZONED.search(value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(ZONE).replace(tzinfo=None)
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat() if isoformat else value or "")[:length].replace("T", " ")


def last_day(end: object) -> str:
    """An exclusive end as people say it: midnight is the end of the day before."""
    text = _moment(end, length=16)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment - timedelta(minutes=1):%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) and moment.year > 1 else text
