"""A brute-force reading of queries: every document looked at, every phrase looked for."""

from __future__ import annotations

from collections.abc import Sequence

from index.engine import Document
from index.query.tree import And, Between, Contains, Everything, HasAttachment, Is, Node, Not, Or, Phrase
from notices.text.fold import fold


def parts(document: Document, scope: str) -> list[str]:
    """The folded parts of a document that a scope means."""
    attached = [fold(t) for a in document.attachments for t in (a.name, *a.pages)]
    named = {"title": [fold(document.title)], "text": [fold(document.text)], "attachment": attached}
    everything = [*named["title"], fold(document.document_number), fold(document.issuer), *named["text"], *attached]
    return everything if scope == "any" else named[scope]


def _values(document: Document, field: str) -> list[str]:
    """What a keyword field of a document equals; a short text also from each of its characters on."""
    if field == "year":
        return [str(document.published_date or document.written_date or "    ").split("-")[0]]
    if field in ("archived", "changed", "deadline"):
        day = getattr(document, field)
        return [f"{day:%Y%m%d}"] if day else []
    if field in ("index_number", "theme", "addressee"):
        given = document.addressees if field == "addressee" else (getattr(document, field),)
        return [fold(value)[at:] for value in given for at in range(len(fold(value)))]
    value = str(getattr(document, field))
    return [value or "unknown"] if field == "validity" else [value]


def holds(document: Document, node: Node) -> bool:
    """Whether a document matches."""
    match node:
        case Phrase(text, scope):
            return any(text in part for part in parts(document, scope))
        case And(nodes):
            return all(holds(document, n) for n in nodes)
        case Or(nodes):
            return any(holds(document, n) for n in nodes)
        case Not(part):
            return not holds(document, part)
        case Is(field, values, prefix):
            return any(value.startswith(v) if prefix else value == v for value in _values(document, field) if value for v in values)
        case Contains(field, text):
            return text in fold(getattr(document, field))
        case Between(field, since, until):
            day = getattr(document, field)
            return day is not None and (since is None or since <= day) and (until is None or day <= until)
        case HasAttachment():
            return bool(document.attachments)
        case Everything():
            return True


def found(documents: Sequence[Document], node: Node) -> set[int]:
    """Ids of the documents that match."""
    return {d.id for d in documents if holds(d, node)}
