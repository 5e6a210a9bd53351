"""`notices diff`: what changed between two revisions of a notice, by paragraph, with the changed words marked."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from cli.terminal import marked, wants_colour
from cli.verbs.read.show import find_ids
from notices.config import Config
from notices.errors import UnknownName
from notices.text.display import masked, safe
from pipeline.sql import tables
from pipeline.sql.database import database_errors, open_database

_FIELDS = (
    "title", "document_number", "issuer", "kind", "published_date", "written_date", "effective_date", "expiry_date", "index_number",
    "addressees", "validity",
)  # fmt: skip
_ALIKE = 0.5  # of the characters of two paragraphs, in order: below it one was taken out and another put in
_MOST_PAIRS, _MOST_CHARACTERS = 2_500, 4_000_000  # compared at the most, in a row of paragraphs and within two of them


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices diff`."""
    diff = verbs.add_parser("diff", help="what changed between two revisions (default: the last two)")
    diff.add_argument("wanted", metavar="ID_OR_NUMBER")
    diff.add_argument("old", nargs="?", type=int, metavar="N")
    diff.add_argument("new", nargs="?", type=int, metavar="M")
    diff.add_argument("--json", action="store_true", help="one JSON object")
    diff.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the difference. Raises UnknownName for a notice or revision that there is not."""
    database = open_database(config)
    with database_errors(config.database):
        notice_id = find_ids(database, args.wanted)[0]
        old, new = two_revisions(database, notice_id, args.old, args.new)
        value = difference(old, new)
    print(json.dumps(value, ensure_ascii=False) if args.json else "\n".join(_lines(value, wants_colour())))
    return 0


def two_revisions(database: Engine, notice_id: int, old: int | None, new: int | None) -> tuple[tables.RevisionRow, tables.RevisionRow]:
    """The revisions to compare: N and M, N and the one after it, or the last two. Raises UnknownName."""
    load = selectinload(tables.RevisionRow.attachments)
    with Session(database, expire_on_commit=False) as session, session.begin():
        mine = tables.RevisionRow.notice_id == notice_id
        rows = {r.n: r for r in session.scalars(select(tables.RevisionRow).where(mine).options(load))}
    last = max(rows)
    if last == 1 and old is None:
        raise UnknownName(f"notice {notice_id} has one revision: it has not changed since it was first archived")
    second = new if new is not None else old + 1 if old is not None else last
    first = old if old is not None else second - 1
    for n in (first, second):
        if n not in rows:
            raise UnknownName(f"notice {notice_id} has revisions 1 to {last}, no {n}")
    return rows[first], rows[second]


def difference(old: tables.RevisionRow, new: tables.RevisionRow) -> dict[str, Any]:
    """What differs, as plain values, personal data masked.

    `fields`: name to [old, new]. `text`: see paragraphs. `attachments`: removed and added as [name, digest], changed as
    {name, digests: [old, new], text}.
    """
    fields = {f: [_shown(getattr(old, f)), _shown(getattr(new, f))] for f in _FIELDS if getattr(old, f) != getattr(new, f)}
    return {
        "notice": old.notice_id,
        "old": old.n,
        "new": new.n,
        "fields": fields,
        "text": list(paragraphs(old.text, new.text)),
        "attachments": _files(old.attachments, new.attachments),
    }


def _shown(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else masked(value) if isinstance(value, str) else value


def _files(old: Sequence[tables.AttachmentRow], new: Sequence[tables.AttachmentRow]) -> dict[str, Any]:
    """Files by name; one whose name stayed and whose bytes did not is changed."""
    before, after = ({(a.name, a.digest or a.url or ""): a for a in files} for files in (old, new))
    removed, added = ([a for key, a in mine.items() if key not in others] for mine, others in ((before, after), (after, before)))
    changed = [(a, b) for a in removed for b in added if a.name == b.name]
    gone, come = ([a for a in files if not any(a in pair for pair in changed)] for files in (removed, added))
    return {
        "removed": [[masked(a.name), a.digest or a.url] for a in gone],
        "added": [[masked(a.name), a.digest or a.url] for a in come],
        "changed": [
            {"name": masked(a.name), "digests": [a.digest, b.digest], "text": list(paragraphs(a.text or "", b.text or ""))}
            for a, b in changed
        ],
    }


def paragraphs(old: str, new: str) -> Iterator[dict[str, Any]]:
    """Changed paragraphs in order: {sign - or +, text, marks}; `marks` are [start, end) of what differs from the counterpart.

    `masked` is set where all that differs is personal data that the shown text hides.
    """
    before, after = old.split("\n"), new.split("\n")
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            for a, b in _aligned(before[i1:i2], after[j1:j2]):
                yield from _changed(a, b)


def _aligned(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str | None, str | None]]:
    """Each old paragraph beside the new one that it most likely became, in order; None where there is no counterpart."""
    at = 0
    few = len(before) * len(after) <= _MOST_PAIRS
    for old in before:
        found = _most_alike(old, after[at:]) if few else None
        if found is None:
            yield old, None
            continue
        yield from ((None, text) for text in after[at : at + found])
        yield old, after[at + found]
        at += found + 1
    yield from ((None, text) for text in after[at:])


def _most_alike(old: str, candidates: Sequence[str]) -> int | None:
    best, found = _ALIKE, None
    matcher = difflib.SequenceMatcher(None, "", old, autojunk=False)
    for n, text in enumerate(candidates):
        matcher.set_seq1(text)
        if len(text) * len(old) <= _MOST_CHARACTERS and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
            best, found = ratio, n
    return found


def _changed(old: str | None, new: str | None) -> Iterator[dict[str, Any]]:
    shown = [None if text is None else masked(text) for text in (old, new)]
    marks = _marks(shown[0], shown[1]) if shown[0] is not None and shown[1] is not None else ([], [])
    hidden = {"masked": True} if shown[0] == shown[1] else {}
    for sign, text, mine in zip("-+", shown, marks, strict=True):
        if text is not None:
            yield {"sign": sign, "text": text, "marks": mine, **hidden}


def _marks(a: str, b: str) -> tuple[list[list[int]], list[list[int]]]:
    if len(a) * len(b) > _MOST_CHARACTERS:
        return [], []
    codes = [c for c in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if c[0] != "equal"]
    return [[c[1], c[2]] for c in codes if c[2] > c[1]], [[c[3], c[4]] for c in codes if c[4] > c[3]]


def _lines(value: dict[str, Any], colour: bool) -> Iterator[str]:
    yield f"notice {value['notice']}: revision {value['old']} -> {value['new']}"
    for name, (old, new) in value["fields"].items():
        yield f"{name}: {safe(str(old))} -> {safe(str(new))}"
    yield from _text_lines(value["text"], colour)
    files = value["attachments"]
    for sign, key in (("-", "removed"), ("+", "added")):
        yield from (f"{sign} attachment {safe(name)} ({safe(str(digest))})" for name, digest in files[key])
    for file in files["changed"]:
        yield f"~ attachment {safe(file['name'])} ({file['digests'][0]} -> {file['digests'][1]})"
        yield from (f"  {line}" for line in _text_lines(file["text"], colour))


def _text_lines(changed: Sequence[dict[str, Any]], colour: bool) -> Iterator[str]:
    for paragraph in changed:
        note = "  [differs in masked personal data]" if paragraph.get("masked") else ""
        yield f"{paragraph['sign']} {marked(paragraph['text'], paragraph['marks'], colour)}{note}"
