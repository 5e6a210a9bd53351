"""A notice's page, bytes to Notice: tags, table, lines and text, each field with where it came from (reference/domain.md §3, §4.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from lxml import etree

from notices.model import Anatomy, Notice, share_of_text
from notices.page_class import classify_seen
from notices.reference.numbers import parse_number
from notices.text.dates import find_dates, parse_date, split_day, url_date
from notices.text.html import base_url, decode, one_line, parse, text_of
from notices.text.whitespace import remove_whitespace
from pipeline.anatomy import read_anatomy
from pipeline.parse.body import main_block
from pipeline.parse.boilerplate import Place, trim, without_buttons
from pipeline.parse.element_names import names_typed_text
from pipeline.parse.files import find_files
from pipeline.parse.labels import definition_lines, ends_in_label, is_label_line, label_table_lines, labelled_values
from pipeline.parse.letterhead import counter_line, head_issuers, loose_signature, number_by_title, signed_order
from pipeline.parse.pictures import text_pictures
from pipeline.parse.scripted_text import with_scripted_text
from pipeline.parse.stacked_labels import stacked_labels
from pipeline.parse.tags import NUMBER_TAGS, first_of, meta_tags, script_values, tag_date, tag_source
from pipeline.parse.title import find_title
from pipeline.parse.traditional import TraditionalPage

MAX_BYTES = 8_000_000  # of a page that is read; the rest is not part of a notice
MAX_TEXT = 1_000_000
_TEXT_MARK = "\ue0f1\ue0f2\ue0f1"  # marks in the page's lines the place of the main text
_SCAN_CHARACTERS = 30
_TABLE = frozenset(("index_number", "document_number", "written_date", "issuer"))  # labels of a table, never of the line under a title
_STATE = "中华人民共和国"
_Found = TypeVar("_Found")


@dataclass(slots=True)
class _Page:
    """A page in segments: its tags, the lines over, in and under its main text, its labelled values."""

    root: etree._Element
    body: etree._Element
    url: str
    tags: Mapping[str, str]
    head: list[str]
    lines: list[str]
    tail: list[str]
    labels: Mapping[str, str] = field(default_factory=dict)
    scripted: tuple[date | None, str | None] = (None, None)  # day of publication, document number
    title: str | None = None
    provenance: dict[str, str] = field(default_factory=dict)


def read_detail(  # noqa: PLR0913  each keyword is something that the crawl may know of a page
    body: bytes,
    url: str,
    *,
    content_type: str | None = None,
    status: int = 200,
    listed_title: str | None = None,
    region: str | None = None,
) -> Notice:
    """The notice that a page shows; never raises on a page. `region` is a six-digit code; without it the page's SiteIDCode gives it.

    A page that is not a notice comes back with `blocked` set, and with the values that it shows.
    """
    html, _ = decode(body[:MAX_BYTES], content_type)
    root = parse(html)
    page = _segment(root, url, listed_title)
    if not any("。" in line or "，" in line for line in page.lines) and with_scripted_text(root):
        page = _segment(root, url, listed_title)
    seen = " ".join([*page.head, *page.lines, *page.tail])
    refusal = classify_seen(status, {}, html, seen, listed_title=listed_title, page_title=page.title)
    return _notice(page, refusal.reason if refusal else None, region)


def _segment(root: etree._Element, url: str, listed_title: str | None) -> _Page:
    tags = meta_tags(root)
    block, known = main_block(root)
    head, lines, tail = _zones(root, block)
    stacked, below = stacked_labels(lines)
    whole = _size(lines)
    head, lines = [*head, *lines[:below]], lines[below:]
    traditional = TraditionalPage([*head, *lines], url)
    head, tail = traditional.read(head), traditional.read(tail)
    page = _Page(root, block, url, tags, head, lines, tail, scripted=script_values(root))
    first = labelled_values(
        [*traditional.read([*definition_lines(root), *label_table_lines(root), *(stacked or stacked_labels(head)[0])]), *head]
    )
    page.title, page.provenance["title"] = find_title(root, tags, first.get("title"), (head, lines), listed_title)
    place = Place(known, known and names_typed_text(block), "published_date" in first or "shown_date" in first or bool(_bare_date(head)))
    shown, lines = lines, traditional.read(lines)
    start, end = trim(lines, _spellings(page.title), place)
    if not known and not _has_text(lines[start:end]) and block.tag != "body":
        page.body = next(root.iter("body"), root)
        head, shown, lines, tail = [], [*head, *shown, *tail], [*head, *lines, *tail], []
        whole = _size(lines)
        start, end = trim(lines, _spellings(page.title), Place())
    page.provenance["text"] = share_of_text(_size(lines[start:end]), whole)
    page.head, page.lines, page.tail = head + lines[:start], without_buttons(shown[start:end], page.body), lines[end:] + tail
    page.labels = {**labelled_values(page.tail[:30]), **labelled_values(lines[:start]), **first}
    if page.title is None:
        page.title = page.labels.get("title")
        page.provenance["title"] = "table" if page.title else ""
    return page


def _zones(root: etree._Element, block: etree._Element) -> tuple[list[str], list[str], list[str]]:
    """The lines over, in and under the main block."""
    lines = text_of(block)[:MAX_TEXT].split("\n")
    parent = block.getparent()
    if parent is None or block.tag == "body":
        return [], lines, []
    mark = etree.Element("p")
    mark.text, mark.tail = _TEXT_MARK, block.tail
    parent.replace(block, mark)
    around = text_of(next(root.iter("body"), root)).split("\n")
    mark.tail = None
    parent.replace(mark, block)
    where = next((n for n, line in enumerate(around) if _TEXT_MARK in line), len(around))
    return around[:where], lines, around[where + 1 :]


def _has_text(lines: Sequence[str]) -> bool:
    return _size(lines) >= 20


def _size(lines: Sequence[str]) -> int:
    return sum(map(len, lines))


def _spellings(title: str | None) -> list[str]:
    return [remove_whitespace(title)] if title else []


def _notice(page: _Page, blocked: str | None, region: str | None) -> Notice:
    text = "\n".join(page.lines)
    published = _published(page)
    number = _labelled_number(page)
    written = _day(page, "written_date", page.labels.get("written_date"))
    issuer = _labelled(page, "issuer")
    code = first_of(page.tags, "siteidcode")
    region = region or (code[:6] if code and code[:6].isdigit() and len(code) == 10 else None)
    anatomy = read_anatomy(
        text,
        title=page.title,
        published_date=published,
        labelled_number=number,
        labelled_issuer=issuer,
        labelled_written_date=written,
        labelled_status=_labelled(page, "status"),
        region=region,
    )
    base, needs_ocr = base_url(page.root, page.url), _needs_ocr(page, text)
    files = find_files(page.root, page.body, base)
    known = {link.url for link in files}
    pictures = tuple(link for link in text_pictures(page.body, base) if link.url not in known) if needs_ocr else ()
    return Notice(
        url=page.url,
        title=page.title,
        published_date=published,
        issuer=_issuer(page, issuer, anatomy),
        document_number=_number(page, number, anatomy),
        index_number=_labelled(page, "index_number"),
        text=text,
        written_date=_from_text(page, "written_date", anatomy.written_date) or _printed(page),
        effective_date=_day(page, "effective_date", page.labels.get("effective_date"))
        or _from_text(page, "effective_date", anatomy.effective_date),
        expiry_date=_day(page, "expiry_date", page.labels.get("expiry_date")) or _from_text(page, "expiry_date", anatomy.expiry_date),
        kind=_from_text(page, "kind", anatomy.kind),
        addressees=anatomy.addressees,
        attachments=files,
        pictures=pictures,
        blocked=blocked,
        needs_ocr=needs_ocr,
        site_name=first_of(page.tags, "sitename"),
        site_code=code,
        theme=_labelled(page, "theme"),
        anatomy=anatomy,
        provenance={name: where for name, where in page.provenance.items() if where},
    )


def _labelled(page: _Page, concept: str) -> str | None:
    """A value of the table, as shown."""
    value = page.labels.get(concept)
    if value is None or len(value) > 300:
        return None
    page.provenance[concept] = "table"
    return one_line(value)


def _labelled_number(page: _Page) -> str | None:
    """The number of the table, of a script or tag, or beside the title; a value that cannot be a number is left out."""
    value = page.labels.get("document_number")
    if value and (
        parse_number(value, labelled=True) or (len(value) <= 60 and any(map(str.isdigit, value)) and ("号" in value or "號" in value))
    ):
        page.provenance["document_number"] = "table"
        return one_line(value)
    for where, printed in (("script", page.scripted[1]), ("tag", first_of(page.tags, *NUMBER_TAGS))):
        if printed and parse_number(printed, labelled=True):
            page.provenance["document_number"] = where
            return printed
    beside = number_by_title(page.head, page.title)
    if beside:
        page.provenance["document_number"] = "line"
    return beside


def _number(page: _Page, labelled: str | None, anatomy: Anatomy) -> str | None:
    """The document's own number, as shown; bracketed forms with 〔〕. The key for comparing is in the anatomy."""
    own = anatomy.document_number
    found = counter_line(page.head, page.lines, page.title) if own is None and labelled is None else None
    page.provenance.setdefault("document_number", "line" if own or found else "")
    if own is None:
        return labelled or found
    raw = remove_whitespace(own.raw or "")
    return (raw[1:-1] if raw[:1] in "（(" and raw[-1:] in "）)" else raw) if own.form in ("B", "C") and raw else own.display


def _published(page: _Page) -> date | None:
    """The day of publication: the table, the line under the title, tags, scripts, a bare date by the title, last the address."""
    for where, found in (
        ("table" if _TABLE & page.labels.keys() else "line", _first_date(page.labels.get("published_date"))),
        ("tag", tag_date(page.tags)),
        ("line", _first_date(page.labels.get("shown_date"))),
        ("script", page.scripted[0]),
        ("line", _bare_date(page.head) or split_day(page.head[-6:])),
        ("url", url_date(page.url)),
    ):
        if found:
            page.provenance["published_date"] = where
            return found
    return None


def _first_date(value: str | None) -> date | None:
    if not value:
        return None
    return parse_date(value) or next((found for start, _, found in find_dates(value[:60]) if start < 12), None)


def _bare_date(head: Sequence[str]) -> date | None:
    """A date in the lines just over the text, without a label."""
    for line in reversed(head[-6:]):
        dates = find_dates(line) if len(line) <= 120 and "今天" not in line else []
        if len(dates) == 1 and dates[0][0] < 60 and (dates[0][0] <= 2 or not (is_label_line(line) or ends_in_label(line[: dates[0][0]]))):
            return dates[0][2]
    return None


def _day(page: _Page, name: str, value: str | None) -> date | None:
    found = _first_date(value)
    if found:
        page.provenance[name] = "table"
    return found


def _from_text(page: _Page, name: str, value: _Found | None) -> _Found | None:
    if value is not None:
        page.provenance.setdefault(name, "line")
    return value


def _printed(page: _Page) -> date | None:
    """The day under the signer of an order; else that of a closing line that joins office, day and 印发.

    The latter is inferred: the day of printing may be later than that of signing.
    """
    ordered = signed_order(page.lines)
    if ordered:
        page.provenance["written_date"] = "line"
        return ordered
    signature = loose_signature(page.lines)
    if signature is None or signature[1] is None:
        return None
    page.provenance["written_date"] = "inferred"
    return signature[1]


def _issuer(page: _Page, labelled: str | None, anatomy: Anatomy) -> str | None:
    """Who issued it: the table, the signature or the title, the source, last the site itself."""
    letterhead, signature = head_issuers(page.lines, page.title), loose_signature(page.lines)
    choices = (
        ("table", labelled),
        ("line", "、".join(_as_signed(name, page.lines) for name in anatomy.issuer.split(" ")) if anatomy.issuer else None),
        ("line", letterhead),
        ("line", signature[0] if signature else None),
        ("line", page.labels.get("source")),
        ("tag", tag_source(page.tags, page.title)),
        ("inferred", first_of(page.tags, "sitename")),
        ("line", _own_work(page.labels.get("placeholder"))),
    )
    for where, found in choices:
        if found and len(found) <= 200:
            page.provenance["issuer"] = where
            return one_line(found)
    return None


def _as_signed(name: str, lines: Sequence[str]) -> str:
    """The name with 中华人民共和国 before it where a line of the text has it so; the anatomy compares names without."""
    return _STATE + name if any(remove_whitespace(line) == _STATE + name for line in lines[-200:] if len(line) <= 60) else name


def _own_work(placeholder: str | None) -> str | None:
    """本站原创 where the site has no name: of all placeholders the one that says who wrote it."""
    return placeholder if placeholder and placeholder.startswith("本") and "原创" in placeholder else None


def _needs_ocr(page: _Page, text: str) -> bool:
    """Whether the main text is nothing but pictures."""
    return len(remove_whitespace(text)) < _SCAN_CHARACTERS and next(page.body.iter("img"), None) is not None
