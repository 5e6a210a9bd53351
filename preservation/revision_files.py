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


def archived_answer(session: Session, link: AttachmentLink, page: tables.SnapshotRow) -> tables.SnapshotRow | None:
    """The answer that the crawl of the page got for a link of it: the next one of its run with the address; None if it got none."""
    if link.url is None or page.run_id is None:
        return None
    row = tables.SnapshotRow
    mine = row.run_id == page.run_id, row.kind == "attachment", row.id > page.id, row.id <= page.id + _FAR
    return next((each for each in session.scalars(select(row).where(*mine).order_by(row.id)) if _answers(each, link.url)), None)


def _answers(row: tables.SnapshotRow, url: str) -> bool:
    asked = [*row.note.get("redirected_from", "").split(), row.url]
    return url in asked or _key(url) in map(_key, asked)


def _key(url: str) -> str | None:
    try:
        return url_key(url)
    except ValueError:
        return None
