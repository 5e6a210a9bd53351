"""Why an answer of another program's collection gives no notice: nobody told lists, scripts and articles apart there."""

from __future__ import annotations

import re

from crawler.list_page import read_list
from notices.capture import REDIRECTS, Capture
from notices.model import Notice
from notices.page_moves import is_home, moved_to
from notices.text.language import N_
from notices.text.whitespace import remove_whitespace
from pipeline.attachments.sniff import sniff

FILE, PICTURE, FILM, DATA = N_("a file that no notice links to"), N_("a picture"), N_("a film or audio"), N_("a script, a style or data")
FILES = (FILE, PICTURE, FILM, DATA)
"""What a notice may link to as its file."""
_PAGES = frozenset(("", "text/html", "application/xhtml+xml", "application/octet-stream", "text/plain"))
_DATA = ("json", "xml", "javascript", "ecmascript", "text/css", "font", "wasm")
# Measured on 707 pages of five mirrored sites and 56 single ones (2026): every notice but a few of pictures shows a day or a number, no list does.
_LEAST_UNDATED = 100  # characters of a page that shows no day and no number
_MANY, _FEW = 8, 3  # entries of a list
_DAY = re.compile(r"[\[(（]?(?:(?:19|20)\d\d[-/.年])?\d{1,2}[-/.月]\d{1,2}日?[\])）]?")  # beside an entry


def by_facts(url: str, status: int, media: str) -> str | None:
    """Why an answer gives no notice, by its address, status and media type."""
    if status in REDIRECTS:
        return N_("a redirect")
    if status != 200:
        return f"HTTP {status}"
    if media in _PAGES:
        return N_("the first page of a site") if is_home(url) else None
    if any(each in media for each in _DATA):
        return DATA
    return {"image": PICTURE, "video": FILM, "audio": FILM}.get(media.partition("/")[0], FILE)


def by_bytes(capture: Capture) -> str | None:
    """Why the bytes of an answer cannot be a notice's page."""
    kind = sniff(capture.body)
    if kind in ("html", "txt") and moved_to(capture.body, capture.url, capture.header("content-type"), capture.header("refresh")):
        return N_("it only leads to another page")
    if kind == "html" or (
        kind in ("txt", None) and b"<" in capture.body[:4096] and (capture.header("content-type") or "").startswith("text/html")
    ):
        return None
    if not capture.body.strip():
        return N_("an empty answer")
    if (capture.header("content-type") or "").startswith("text/html") and kind in ("txt", "xml"):
        return DATA
    return PICTURE if kind == "image" else FILE


def by_reading(capture: Capture, notice: Notice) -> str | None:
    """Why a page that was read gives no notice: its words, or that it is a list of others."""
    if notice.blocked:
        return notice.blocked
    if not notice.title:
        return N_("a page without a title")
    characters = len(remove_whitespace(notice.text))
    is_dated = bool(notice.published_date or notice.document_number or notice.written_date)
    if characters < _LEAST_UNDATED and not notice.attachments and not is_dated:
        return N_("a page without a date and without a text")
    return N_("a list of pages") if _is_list(capture, notice, is_dated=is_dated) else None


def _is_list(capture: Capture, notice: Notice, *, is_dated: bool) -> bool:
    """Whether the text of a page is hardly more than the titles of the pages that it links to; without a date of its own, a part of it."""
    entries = read_list(capture.body, capture.url, content_type=capture.header("content-type")).entries
    text = _DAY.sub("", remove_whitespace(f"{notice.title}\n{notice.text}"))  # the title that was found may be the first entry
    shown = [entry for entry in entries if entry.title and remove_whitespace(entry.title) in text]
    titles = sum(len(each) for each in {remove_whitespace(entry.title) for entry in shown})
    if is_dated:
        return titles > len(text) / 2 and (len(shown) >= _MANY or (len(shown) >= _FEW and titles > 0.6 * len(text)))
    few_dated = sum(entry.date is not None for entry in shown) >= _FEW
    return titles > len(text) / 3 or few_dated
