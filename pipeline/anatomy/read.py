"""The anatomy of a text: each element is found once, at the place that the rules give it."""

from __future__ import annotations

from datetime import date

from notices.model import Anatomy
from notices.reference.agencies import full_name, names_in, title_issuers
from notices.reference.numbers import find_numbers
from pipeline.anatomy import head, parts, signature
from pipeline.anatomy.aliases import read_aliases
from pipeline.anatomy.citations import read_citations
from pipeline.anatomy.contacts import read_contacts
from pipeline.anatomy.kinds import kind_of, status_marks, version_marks
from pipeline.anatomy.lines import SCAN_LIMIT, split_lines
from pipeline.anatomy.periods import read_periods
from pipeline.anatomy.sections import read_sections
from pipeline.anatomy.validity import read_validity


def read_anatomy(  # noqa: PLR0913  each keyword is a value that the page may have labelled
    text: str,
    *,
    title: str | None,
    published_date: date | None = None,
    labelled_number: str | None = None,
    labelled_issuer: str | None = None,
    labelled_written_date: date | None = None,
    labelled_status: str | None = None,
    region: str | None = None,
) -> Anatomy:
    """The elements of a document, from its text. One paragraph a line; values that the page labels come before those of the text."""
    lines = split_lines(text)
    kind, carried_kind, carried_title = kind_of(title or "")
    after_title = head.head_end(lines, title)
    addressees, addressee = head.read_addressees(lines, after_title)
    body = max(after_title, addressee + 1)
    marks = parts.attachment_marks(lines, body)
    stop = marks[0] if marks else len(lines)
    signed = signature.find_signature(lines, body, stop, parts.carried_start(lines, body, stop, carried_title))
    carried = parts.carried_start(lines, signed.last + 1 if signed else body, stop, carried_title)
    if carried is not None and signed is not None and signed.first > carried:
        signed = None
    titled = title_issuers(title or "")
    issuers = list(signed.issuers) if signed and signed.issuers else titled
    number = head.complete_number(head.own_number(lines, after_title, addressee, title, labelled_number), titled or issuers, kind)
    if not issuers and number and number.form in ("B", "C", "D"):
        issuers = names_in(number.code)
    issuer = labelled_issuer or (" ".join(issuers) if issuers else None)
    names, listed = parts.attachment_names(lines, body, stop)
    spans = parts.split_parts(lines, carried, marks, carried_title, len(text))
    written = labelled_written_date or (signed.written if signed else None) or head.head_date(lines, after_title)
    scanned = text[:SCAN_LIMIT]
    others = [found for found in find_numbers(scanned) if number is None or found[2].key != number.key]
    aliases = read_aliases(scanned)
    statuses = status_marks(title or "")
    valid = read_validity(text[: spans[-1].start] if marks else scanned, statuses, labelled_status)
    return Anatomy(
        kind=kind,
        carried_kind=carried_kind,
        carried_title=carried_title,
        document_number=number,
        other_numbers=tuple(dict.fromkeys(found.display for _, _, found in others)),
        addressees=addressees,
        issuer=issuer,
        issuer_full=full_name(issuer, text, region, title) if issuer else None,
        written_date=written,
        effective_date=valid.effective,
        expiry_date=valid.expiry,
        validity=valid.state,
        validity_provenance=valid.provenance,
        disclosure=signature.find_disclosure(lines, signed),
        attachment_names=names,
        sections=read_sections([line for index, line in enumerate(lines) if index not in listed], spans),
        parts=spans,
        aliases=aliases,
        citations=read_citations(scanned, title, others, aliases),
        periods=read_periods(scanned, written or published_date),
        contacts=read_contacts(scanned),
        version_marks=version_marks(title or ""),
        status_marks=statuses,
    )
