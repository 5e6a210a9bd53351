"""The files of a revision that is read again: which row is which link of the page, and what the archive has of a link without a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from notices.model import AttachmentLink
from notices.urls import url_key
from pipeline.sql import tables

_Row = tables.AttachmentRow
_FAR = 500  # snapshots of the same run that may come between a page and its files: those of the pages fetched at the same time


@dataclass(frozen=True, slots=True)
class FilePair:
    """A file of the revision as the page names it now: its row, its link, or both."""

    row: tables.AttachmentRow | None
    link: AttachmentLink | None


def pair_files(rows: Sequence[_Row], links: Sequence[AttachmentLink]) -> list[FilePair]:
    """Each row with its link, in order of the rows; then each link that has no row.

    A row finds its link by address and name, then by address alone. Several links without an address are told apart by name, then by their order:
    reading the page again with the same parser gives every row its own link.
    """
    free = list(links)
    found: dict[int, AttachmentLink] = {}
    _take(rows, free, found, lambda row, link: (row.url, row.name) == (link.url, link.name))
    _take(rows, free, found, lambda row, link: row.url == link.url)
    return [*(FilePair(row, found.get(n)) for n, row in enumerate(rows)), *(FilePair(None, link) for link in free)]


def _take(
    rows: Sequence[_Row], free: list[AttachmentLink], found: dict[int, AttachmentLink], same: Callable[[_Row, AttachmentLink], bool]
) -> None:
    for n, row in enumerate(rows):
        link = next((each for each in free if same(row, each)), None) if n not in found else None
        if link is not None:
            found[n] = link
            free.remove(link)


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page as the crawl fetched it: its snapshot, and its address, by which the answers for its files name it (Capture.via).

    `after` is the snapshot after which the next file's answer came: a crawl asks for the files of a page one after another.
    """

    snapshot: tables.SnapshotRow
    url: str
    after: int


def archived_answer(
    session: Session, link: AttachmentLink, page: FetchedPage, via_of: Callable[[tables.SnapshotRow], str | None]
) -> tables.SnapshotRow | None:
    """The answer that the crawl of the page got for a link of it: the next one of its run that names the page; None if it got none."""
    if link.url is None:
        return None
    row, first = tables.SnapshotRow, page.after
    run = row.run_id.is_(None) if page.snapshot.run_id is None else row.run_id == page.snapshot.run_id
    query = select(row).where(run, row.kind == "attachment", row.id > first, row.id <= first + _FAR).order_by(row.id)
    answers = (each for each in session.scalars(query) if _answers(each, link.url) and not 300 <= each.status < 304)
    return next((each for each in answers if via_of(each) == page.url), None)


def _answers(row: tables.SnapshotRow, url: str) -> bool:
    asked = [*row.note.get("redirected_from", "").split(), row.url]
    return url in asked or _key(url) in map(_key, asked)


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:
        return None
