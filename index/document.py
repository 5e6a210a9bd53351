"""A document as engines index it: folded parts, keyword facts, dates as day numbers, and the fields that a result line shows."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from index.engine import ArchivedText, Document, Hit
from index.query.values import LONGEST_PART
from notices.attachment import ARCHIVES, AttachmentText
from notices.text.fold import fold

NO_DATE = 0
_LONGEST_TITLE = 100  # a regulation is asked for by its whole title
SHOWN = ("url", "title", "source", "issuer", "document_number", "kind", "region", "state", "group")
_SHOWN_DAYS = ("archived", "changed", "deadline")
_SHOWN_TOO = ("validity", *_SHOWN_DAYS, "index_number", "theme")  # of content 3: an index made before has none
_OF_THE_PAST = ("notice", "went", "gone")  # in the index of the past only
_MOST_ADDRESSEES = 12
_DATES = ("published_date", "written_date", "effective_date")
_FACTS = ("source", "issuer", "kind", "region", "state", "number_key", "number_loose", "url", "group")


class Parts(NamedTuple):
    """A document's folded parts: one each for title, number, issuer and text, one for each attachment's name and page."""

    title: str
    number: str
    issuer: str
    text: str
    attached: tuple[str, ...]


def parts_of(document: Document) -> Parts:
    """The folded parts of a document; an attachment's name is a part of its own."""
    attached = tuple(fold(piece) for a in document.attachments for piece in (a.name, *a.pages))
    return Parts(fold(document.title), fold(document.document_number), fold(document.issuer), fold(document.text), attached)


def facts_of(document: Document) -> list[str]:
    """The keyword terms of a document, as field=value."""
    facts = [f"{name}={getattr(document, name)}" for name in _FACTS if getattr(document, name)]
    facts.append(f"title={fold(document.title)[:_LONGEST_TITLE]}")
    facts.append(f"level={document.level or 'unknown'}")
    facts.append(f"validity={document.validity or 'unknown'}")
    facts += [f"{name}={day:%Y%m%d}" for name in _SHOWN_DAYS if (day := getattr(document, name))]
    named = (
        ("index_number", document.index_number),
        ("theme", document.theme),
        *(("addressee", a) for a in document.addressees[:_MOST_ADDRESSEES]),
    )
    facts += dict.fromkeys(f"{name}={part}" for name, value in named for part in _parts_of_value(value))
    year = document.published_date or document.written_date
    facts += [f"year={year.year}"] if year else []
    return facts + (["has=attachment"] if document.attachments else [])


def _parts_of_value(value: str) -> list[str]:
    """What a short value is found by as a prefix: its folded form from each character on."""
    folded = fold(value)
    return [folded[at : at + LONGEST_PART] for at in range(len(folded))]


def shown_of(document: Document) -> str:
    """The fields of SHOWN and _SHOWN_TOO, and those of the past where it has any, as JSON; days in ISO form."""
    names = (*_SHOWN_TOO, *_OF_THE_PAST) if document.notice else _SHOWN_TOO
    later = [str(getattr(document, name) or "") for name in names]
    return _json([*(getattr(document, name) for name in SHOWN), *later])


class HitNumbers(NamedTuple):
    """The numbers of a hit that engines keep in columns; dates are day numbers."""

    ident: int
    revision: int
    published: int
    written: int


def hit_of(shown: str, numbers: HitNumbers, score: float, exact: bool) -> Hit:
    """A hit from what shown_of packed and the numbers of its document."""
    values = json.loads(shown)
    url, title, source, issuer, document_number, kind, region, state, group = values[: len(SHOWN)]
    later = dict.fromkeys((*_SHOWN_TOO, *_OF_THE_PAST), "") | dict(zip((*_SHOWN_TOO, *_OF_THE_PAST), values[len(SHOWN) :], strict=False))
    days = {name: date.fromisoformat(later[name]) if later[name] else None for name in (*_SHOWN_DAYS, "gone")}
    return Hit(
        numbers.ident, numbers.revision, round(score, 4), exact, url, title, source, issuer, document_number, kind, region, state,
        date_of(numbers.published), date_of(numbers.written), group,
        validity=later["validity"], index_number=later["index_number"], theme=later["theme"],
        archived=days["archived"], changed=days["changed"], deadline=days["deadline"],
        notice=int(later["notice"] or 0), went=later["went"], gone=days["gone"],
    )  # fmt: skip


def original_of(document: Document) -> bytes:
    """Text and attachments as archived: JSON, compressed at the lowest level, because time counts more than the last tenth of space."""
    value = _json([document.text, list(map(_packed, document.attachments))])
    return zlib.compress(value.encode("utf-8", "surrogatepass"), 1)


def texts_of(original: bytes) -> ArchivedText:
    """The text and attachments that original_of packed; a Tantivy index of version 2 has the JSON itself. Raises ValueError."""
    try:
        value = original if original.startswith(b"[") else zlib.decompress(original)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    text, attached = json.loads(value.decode("utf-8", "surrogatepass"))
    return ArchivedText(text, tuple(_attached(*each) for each in attached))


def _packed(attached: AttachmentText) -> list[object]:
    """Name and pages; then confidences and the kind of archive if it has any of them."""
    more = [attached.confidences, attached.media_type if attached.media_type in ARCHIVES else ""]
    return [attached.name, attached.pages, *(more if any(more) else ())]


def _attached(name: str, pages: Sequence[str], confidences: Sequence[float | None] = (), media_type: str = "") -> AttachmentText:
    return AttachmentText(name, tuple(pages), media_type=media_type, confidences=tuple(confidences))


def ordinals_of(document: Document) -> list[int]:
    """Published, written and effective date as day numbers, NO_DATE for an unknown one."""
    return [value.toordinal() if value else NO_DATE for value in (getattr(document, name) for name in _DATES)]


def date_of(ordinal: int) -> date | None:
    """The date of a day number."""
    return date.fromordinal(ordinal) if ordinal != NO_DATE else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
