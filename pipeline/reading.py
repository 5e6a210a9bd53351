"""A crawled page to a notice and its files. Pure: what was fetched comes in, nothing is fetched or stored here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypedDict

from notices.attachment import AttachmentText, StoredAttachment
from notices.capture import ArchivedNotice, Capture, CrawledPage
from notices.model import AttachmentLink, Notice, Period
from notices.page_class import PageClass
from notices.page_moves import is_home
from notices.reference.agencies import names_in
from notices.reference.regions import locate
from notices.text.fold import fold
from notices.text.whitespace import remove_whitespace
from pipeline.attachments.disposition import disposition_name
from pipeline.attachments.sniff import is_page
from pipeline.parse.detail import read_detail
from pipeline.parse.files import names_nothing

MAX_ATTACHMENTS = 50
"""So many files of one page are fetched; the others are not stored, and no later reading adds them."""
_CUT_OFF = re.compile(r"\s*(?:\.\.\.?|…+)\s*$")
NO_ADDRESS = "the page gives no address"
UNANSWERED = "no answer is archived: the request failed, or was not made"


class _ListValues(TypedDict, total=False):
    """Fields of a notice that its list gives."""

    title: str
    published_date: date
    kind: str


def is_file(body: bytes) -> bool:
    """Whether the answer is a file and not a page: a document, a picture, a film, whatever its address and its server call it."""
    return not is_page(body)


def read_page(page: CrawledPage, source_region: str | None) -> Notice:
    """The notice on a crawled page; where the page does not show a value the list's is taken and marked so."""
    entry, capture = page.listed.entry, page.capture
    if is_file(capture.body):
        name = entry.title or capture.url.rsplit("/", 1)[-1]
        notice = Notice(url=entry.url, attachments=(AttachmentLink(name, capture.url),))
    else:
        content_type = capture.header("content-type")
        notice = read_detail(
            capture.body, capture.url, content_type=content_type, status=capture.status, listed_title=entry.title, region=source_region
        )
    return located(with_list_values(replace(notice, url=entry.url), page), source_region)


def located(notice: Notice, source_region: str | None) -> Notice:
    """The notice with its region and where that is known from. A site code (网站标识码) begins with the code of the site's region."""
    code = notice.site_code or ""
    page_code = code[:6] if len(code) == 10 and code[:6].isdigit() else None
    place = locate(source_region, notice.issuer, notice.anatomy.issuer_full, page_code=page_code)
    return replace(notice, region=place.region, region_provenance=place.provenance)


def with_list_values(notice: Notice, page: CrawledPage) -> Notice:
    """The notice with title, date and kind taken from the list where its page shows none; the day of upload in an address is no better."""
    entry = page.listed.entry
    listed = _ListValues()
    if entry.title and (not notice.title or _names_the_site(notice) or _is_cut_off(notice.title, entry.title)):
        listed["title"] = entry.title
    if entry.date and (not notice.published_date or notice.provenance.get("published_date") == "url"):
        listed["published_date"] = entry.date
    if not notice.kind and page.listed.column_kind:
        listed["kind"] = page.listed.column_kind
    made = replace(notice, **listed, provenance={**notice.provenance, **dict.fromkeys(listed, "list")})
    return _with_deadline(made, entry.deadline) if entry.deadline else made


def _names_the_site(notice: Notice) -> bool:
    """Whether the title of a page is nothing but the name of its site or of agencies, as <title> of many templates is."""
    title = notice.title or ""
    return notice.provenance.get("title") == "tag" and (title == notice.site_name or bool(names_in(title)))


def _is_cut_off(title: str, listed: str) -> bool:
    """Whether a template cut the page's title and the list has it whole."""
    begun = _CUT_OFF.sub("", title)
    return (
        begun != title
        and len(begun) >= 6
        and not _CUT_OFF.search(listed)
        and remove_whitespace(listed).startswith(remove_whitespace(begun))
    )


def _with_deadline(notice: Notice, last: date) -> Notice:
    """The notice with the last day that its list shows, unless the text names it."""
    end = datetime.combine(last, time()) + timedelta(days=1)  # exclusive, as the ends of all periods
    known = notice.anatomy.periods
    if any(period.end and end - timedelta(days=1) <= period.end <= end for period in known):
        return notice
    period = Period("截止", None, end, year_inferred=False, sentence="")
    return replace(notice, anatomy=replace(notice.anatomy, periods=(*known, period)), provenance={**notice.provenance, "deadline": "list"})


def led_elsewhere(page: CrawledPage, notice: Notice, archived: ArchivedNotice | None) -> str | None:
    """Why the page is not the notice: the site led from its address to its first page, or to a page with another title and number than archived."""
    if "redirected_from" not in page.capture.note or is_file(page.capture.body):
        return None
    if is_home(page.capture.url) and not is_home(page.listed.entry.url):
        return f"{PageClass.ELSEWHERE}: the site's first page"
    if archived is None:
        return None
    same_title = bool(notice.title) and fold(notice.title or "") == fold(archived.title)
    same_number = bool(notice.document_number) and notice.document_number == archived.document_number
    return None if same_title or same_number else PageClass.ELSEWHERE.value


def kept_files(files: Sequence[StoredAttachment], archived: ArchivedNotice | None) -> list[StoredAttachment]:
    """The files, with those that could not be fetched now as they were archived: a failed request is not a change of the source."""
    before = archived.fetched_files() if archived else {}
    return [renamed(before[file.url], file.text.name) if file.digest is None and file.url in before else file for file in files]


def renamed(file: StoredAttachment, name: str) -> StoredAttachment:
    """The archived file under the name by which the page links to it now, unless that says nothing."""
    if names_nothing(AttachmentLink(name, file.url)):
        return file
    return file._replace(text=file.text._replace(name=name))


def file_name(link: AttachmentLink, capture: Capture) -> str:
    """The name of a fetched file: the link's; where that says nothing, the one its server gives."""
    given = disposition_name(capture.header("content-disposition")) if names_nothing(link) else None
    return given or link.name


def missing_file(link: AttachmentLink, why: str) -> StoredAttachment:
    """A file that could not be fetched, with the reason."""
    return StoredAttachment(link.url, AttachmentText(link.name, outcome="missing", detail=why))


def file_conditions(capture: Capture) -> dict[str, str]:
    """Headers by which the server can answer that a file is still the one that was captured."""
    wanted = {"If-None-Match": capture.header("etag"), "If-Modified-Since": capture.header("last-modified")}
    return {name: value for name, value in wanted.items() if value and value.isprintable()}
