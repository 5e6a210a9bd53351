"""Any attached file to its text: signature, reader, outcome."""

from __future__ import annotations

from collections.abc import Callable

from notices.attachment import ARCHIVES, AttachmentText
from notices.text.html import clean
from pipeline.attachments.limits import (
    MAX_DEPTH,
    MAX_PAGES,
    MAX_TEXT,
    Budget,
    Encrypted,
    Panicked,
    TooLarge,
    Unsupported,
    native_reader,
    text_result,
)
from pipeline.attachments.recognition import Turn
from pipeline.attachments.sniff import sniff, unprefixed

Reader = Callable[[bytes], AttachmentText]
_WORST_FIRST = ("encrypted", "scanned", "too_large", "broken", "unsupported")


BROKE_OFF = "the reader broke off on it"
"""Why a member that ended the reading process has no text: the others are read without it."""


def read_attachment(
    body: bytes, name: str = "", media_type: str | None = None, turn: Turn | None = None, budget: Budget | None = None
) -> AttachmentText:
    """The text of a file by pages (one page where the format has none). Never raises for the content of a file.

    The bytes alone decide how it is read: `name` only goes into the result, `media_type` too when the bytes do not tell.
    With a `turn`, one of its pictures is recognised. A `budget` says which members of an archive are left out.
    """
    return _read(body, media_type or "", budget or Budget(), turn)._replace(name=name)


def _read(body: bytes, media_type: str, budget: Budget, turn: Turn | None = None) -> AttachmentText:
    body = unprefixed(body)
    kind = sniff(body)
    if not body:
        return AttachmentText(outcome="broken", media_type=media_type, detail="empty file")
    if kind is None:
        return AttachmentText(outcome="unsupported", media_type=media_type, detail="unknown format")
    try:
        with native_reader():
            read = _archive(kind, body, budget, turn) if kind in ARCHIVES else _reader(kind, budget, turn)(body)
        return _bounded(read._replace(media_type=kind))
    except Exception as error:  # a damaged file makes its reader raise anything at all
        outcome, detail = _failure(error)
        return AttachmentText(outcome=outcome, media_type=kind, detail=detail)


def _failure(error: Exception) -> tuple[str, str | None]:
    match error:
        case Encrypted():
            return "encrypted", None
        case TooLarge():
            return "too_large", str(error)
        case MemoryError():
            return "too_large", "needs more memory than allowed"
        case Unsupported():
            return "unsupported", str(error)
        case Panicked():
            return "broken", clean(str(error))[:300]
    return "broken", clean(f"{type(error).__name__}: {error}")[:300]


def _bounded(read: AttachmentText) -> AttachmentText:
    """Pages without control characters (a form feed would forge a page mark); text beyond the bounds is cut, and said so."""
    pages: list[str] = []
    left = MAX_TEXT
    for page in read.pages[:MAX_PAGES]:
        pages.append(clean(page[:left]))
        left -= len(page)
        if left < 0:
            break
    if left < 0 or len(pages) < len(read.pages):
        confidences = read.confidences[: len(pages)]
        return read._replace(
            outcome="too_large", pages=tuple(pages), confidences=confidences, detail=f"cut at {MAX_TEXT} characters or {MAX_PAGES} pages"
        )
    silent = read.outcome == "ok" and read.detail is None and not any(page.strip() for page in pages)
    return read._replace(pages=tuple(pages), detail="no text" if silent else read.detail)


def _archive(kind: str, body: bytes, budget: Budget, turn: Turn | None) -> AttachmentText:
    """Each member read like a file of its own: a page begins with the member's name. The outcome is ok when one member is."""
    from pipeline.attachments.packed import members

    if budget.depth >= MAX_DEPTH:
        raise TooLarge(f"archives nested more than {MAX_DEPTH} deep")
    budget.depth += 1
    try:
        read = [(name, _member(load, budget, turn)) for name, load in members(kind, body, budget)]
    finally:
        budget.depth -= 1
    if not read:
        raise ValueError("an archive without members")
    pages = [page for name, text in read for page in [f"{name}\n{page}" for page in text.pages] or [name]]
    return text_result(pages, _unread(read))._replace(outcome=_overall([text.outcome for _, text in read]), confidences=_confidences(read))


def _confidences(read: list[tuple[str, AttachmentText]]) -> tuple[float | None, ...]:
    """Those of the members' pages; a member without text is a page too."""
    if not any(text.confidences for _, text in read):
        return ()
    return tuple(text.confidence_of(page) for _, text in read for page in range(max(len(text.pages), 1)))


def _member(load: Callable[[], bytes], budget: Budget, turn: Turn | None) -> AttachmentText:
    if not budget.begin_member():
        return AttachmentText(outcome="broken", detail=BROKE_OFF)
    try:
        with native_reader():
            unpacked = load()
        return _read(unpacked, "", budget, turn)
    except Exception as error:  # one member that cannot be unpacked says nothing of the others
        outcome, detail = _failure(error)
        return AttachmentText(outcome=outcome, detail=detail)


def _overall(outcomes: list[str]) -> str:
    return "ok" if "ok" in outcomes else next(outcome for outcome in _WORST_FIRST if outcome in outcomes)


def _unread(read: list[tuple[str, AttachmentText]]) -> str | None:
    bad = [f"{name} {text.outcome}{f' ({text.detail})' if text.detail else ''}" for name, text in read if text.outcome != "ok"]
    return f"{len(bad)} of {len(read)} members without text: {', '.join(bad)}"[:300] if bad else None


def _embedded(body: bytes, budget: Budget) -> AttachmentText:
    """A part of a document, read like a file of its own within the bounds of the whole file."""
    if budget.depth >= MAX_DEPTH:
        return AttachmentText(outcome="too_large", detail=f"parts nested more than {MAX_DEPTH} deep")
    budget.take(len(body))
    budget.depth += 1
    try:
        return _read(body, "", budget)
    finally:
        budget.depth -= 1


def _reader(kind: str, budget: Budget, turn: Turn | None) -> Reader:
    """The reader of a format; a module is imported when its format first comes."""
    from pipeline.attachments.formats import doc, markup, odt, ofd, office, pdf, ppt, rtf, word

    def part(body: bytes) -> AttachmentText:
        return _embedded(body, budget)

    readers: dict[str, Reader] = {
        "pdf": lambda body: pdf.pdf(body, turn), "docx": lambda body: word.docx(body, part), "odt": odt.odt, "doc": doc.doc, "rtf": rtf.rtf,
        "xlsx": office.sheets, "xls": office.sheets,
        "ods": office.sheets, "pptx": office.slides, "ppt": ppt.ppt, "ofd": lambda body: ofd.ofd(body, turn), "html": markup.html, "mht": markup.mht,
        "xml": word.office_xml, "txt": markup.plain, "encrypted": _encrypted, "image": lambda body: _image(body, turn),
    }  # fmt: skip
    return readers.get(kind, _unsupported)


def _encrypted(body: bytes) -> AttachmentText:
    raise Encrypted


def _image(body: bytes, turn: Turn | None) -> AttachmentText:
    found = turn.recognise(lambda: body) if turn else None
    pages, confidences = ((found.text,), (found.confidence,)) if found else ((), ())
    return AttachmentText(pages=pages, outcome="scanned", detail="an image", confidences=confidences)


def _unsupported(body: bytes) -> AttachmentText:
    raise Unsupported("no reader for this format")
