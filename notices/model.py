"""The frozen values that flow between the stages.

`_date` is a calendar date in Asia/Shanghai; `_at` is an aware UTC datetime. None means that the page does not show the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class DocumentNumber:
    """A 发文字号 (reference/domain.md §2). `display` has 〔〕; `key` is code|year|no; `loose` is year|no."""

    raw: str
    display: str
    form: str  # A B C D or "bare" (domain.md §2.2)
    code: str
    kind: str
    year: int | None
    no: str
    key: str
    loose: str


@dataclass(frozen=True, slots=True)
class AttachmentLink:
    """An attached file as the page names it; `url` is absolute, or None where a mirror cut the target."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Alias:
    """A short form that the text itself defines: （以下简称“short”）."""

    short: str
    long: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A relation to another document, with the sentence that says so (domain.md §6.1)."""

    relation: str
    target_title: str | None
    target_number: str | None
    target_key: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the text. `path` contains the headings above it and itself; `start` counts characters of the text."""

    level: int
    number: str
    heading: str
    path: tuple[str, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Part:
    """A span [start, end) of the text: notice, carried or attachment; `number` is an attachment's own."""

    role: str
    title: str | None
    number: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """A span of time the text names; local times in Asia/Shanghai, end exclusive."""

    label: str
    start: datetime | None
    end: datetime | None
    year_inferred: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone, hotline, mobile, e-mail or web address that the text gives; `kind` says which."""

    kind: str
    value: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The elements of a document, read from its text (domain.md §1)."""

    kind: str | None = None
    carried_kind: str | None = None
    carried_title: str | None = None
    document_number: DocumentNumber | None = None
    other_numbers: tuple[str, ...] = ()
    addressees: tuple[str, ...] = ()
    issuer: str | None = None
    issuer_full: str | None = None
    written_date: date | None = None
    effective_date: date | None = None
    expiry_date: date | None = None
    validity: str = "unknown"
    validity_provenance: str = "unknown"
    disclosure: str | None = None
    attachment_names: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    parts: tuple[Part, ...] = ()
    aliases: tuple[Alias, ...] = ()
    citations: tuple[Citation, ...] = ()
    periods: tuple[Period, ...] = ()
    contacts: tuple[Contact, ...] = ()
    version_marks: tuple[str, ...] = ()
    status_marks: tuple[str, ...] = ()


LITTLE, LEFT_OUT = 0.6, 300
"""Of 479 pages of five sites none that was read right had so small a share with so many characters left out."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One published notice as a page shows it. `blocked` says why a page is not a notice; `provenance` maps a field to tag, table, line, url or inferred.

    For `text` it says which share of its block's characters became text: "0.93 of 1204 characters".
    """

    url: str
    title: str | None = None
    published_date: date | None = None
    issuer: str | None = None
    document_number: str | None = None
    index_number: str | None = None
    text: str = ""
    written_date: date | None = None
    effective_date: date | None = None
    expiry_date: date | None = None
    kind: str | None = None
    addressees: tuple[str, ...] = ()
    attachments: tuple[AttachmentLink, ...] = ()
    blocked: str | None = None
    needs_ocr: bool = False
    pictures: tuple[AttachmentLink, ...] = ()  # of a text that is nothing but pictures: fetched and kept as its files are
    site_name: str | None = None
    site_code: str | None = None
    theme: str | None = None
    region: str | None = None  # a six-digit code
    region_provenance: str | None = None  # source, issuer or page
    anatomy: Anatomy = Anatomy()
    provenance: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[AttachmentLink, ...]:
        """What is fetched with the page: the attached files, then the pictures that are its text."""
        return self.attachments + self.pictures

    @property
    def has_little_text(self) -> bool:
        """Whether much of what the page has in the place of the text was left out: either it is furniture, or a text was cut."""
        return has_little_text(self.provenance)


def share_of_text(kept: int, whole: int) -> str:
    """The provenance of a text: which share of its block's characters it is."""
    return f"{kept / whole if whole else 1.0:.2f} of {whole} characters"


def has_little_text(provenance: Mapping[str, str]) -> bool:
    """Whether a text is less than LITTLE of its block and at least LEFT_OUT characters were left out, by its provenance."""
    share, _, rest = provenance.get("text", "").partition(" of ")
    whole = rest.partition(" ")[0]
    if not whole.isdecimal():
        return False
    return float(share) < LITTLE and (1 - float(share)) * int(whole) >= LEFT_OUT
