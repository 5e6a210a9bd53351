"""`notices history` and `notices diff`: what a source changed silently."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, selectinload

from cli.show import find_ids
from cli.terminal import marked, wants_colour
from notices.config import Config
from notices.display import masked, safe
from notices.errors import UnknownName
from pipeline import models
from pipeline.database import database_errors, open_database
from pipeline.observations import looks_at
from pipeline.presence import Look, Presence, presences

_FIELDS = (
    "title", "document_number", "issuer", "kind", "published_date", "written_date", "effective_date", "expiry_date", "index_number", "validity",
)  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices history`, `notices diff`."""
    history = verbs.add_parser("history", help="every revision of a notice, every look at it, its states and corrections")
    history.add_argument("wanted", metavar="ID_OR_NUMBER")
    history.add_argument("--json", action="store_true", help="one JSON object a line")
    history.set_defaults(run=run_history)
    diff = verbs.add_parser("diff", help="what changed between two revisions (default: the last two)")
    diff.add_argument("wanted", metavar="ID_OR_NUMBER")
    diff.add_argument("old", nargs="?", type=int, metavar="N")
    diff.add_argument("new", nargs="?", type=int, metavar="M")
    diff.add_argument("--json", action="store_true", help="one JSON object")
    diff.set_defaults(run=run_diff)


def run_history(args: argparse.Namespace, config: Config) -> int:
    """One line an event, oldest first."""
    database = open_database(config)
    with database_errors(config.database):
        for notice_id in find_ids(database, args.wanted):
            for event in events(database, notice_id):
                print(json.dumps(event, ensure_ascii=False) if args.json else f"{event['at']}  {event['event']:10} {safe(event['detail'])}")
    return 0


def events(database: Engine, notice_id: int) -> list[dict[str, Any]]:
    """Revisions, corrections, observations of a notice and what became of its state by them, in order of time."""
    with Session(database) as session, session.begin():
        found: list[dict[str, Any]] = []
        for row in session.scalars(select(models.Revision).where(models.Revision.notice_id == notice_id)):
            snapshot = session.get(models.Snapshot, row.snapshot_id) if row.snapshot_id else None
            kept = f" {snapshot.warc_file}@{snapshot.offset}" if snapshot else ""
            found.append(_event(row.created_at, "revision", f"{row.n}: {masked(row.title)}{kept}", revision=row.n))
            for made in session.scalars(select(models.Correction).where(models.Correction.revision_id == row.id)):
                found.append(_event(made.made_at, "correction", f"of {row.n}: {', '.join(made.changes)}", changes=made.changes))
        for seen in session.scalars(select(models.Observation).where(models.Observation.notice_id == notice_id)):
            found.append(_event(seen.observed_at, "observed", f"{seen.evidence} {seen.detail}".strip(), evidence=seen.evidence))
        found.extend(_states(looks_at(session, notice_id)))
    return sorted(found, key=lambda e: e["at"])


def _states(looks: Sequence[Look]) -> Iterator[dict[str, Any]]:
    """Each change of the state, and each stronger evidence for it, right after the look that made it."""
    before = Presence()
    for look, now in zip(looks, presences(looks), strict=True):
        if (now.state, now.evidence) != (before.state, before.evidence):
            why = f" ({now.evidence}, since {now.since:%Y-%m-%d})" if now.evidence and now.since else ""
            yield _event(look.at, "state", f"{before.state} -> {now.state}{why}", state=now.state, evidence=now.evidence)
        before = now


def _event(at: Any, event: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"at": at.isoformat(), "event": event, "detail": detail, **more}


def run_diff(args: argparse.Namespace, config: Config) -> int:
    """The differences by paragraph, with changed words marked. Raises UnknownName."""
    database = open_database(config)
    with database_errors(config.database):
        notice_id = find_ids(database, args.wanted)[0]
        old, new = two_revisions(database, notice_id, args.old, args.new)
        value = difference(old, new)
    print(json.dumps(value, ensure_ascii=False) if args.json else "\n".join(_lines(value, wants_colour())))
    return 0


def two_revisions(database: Engine, notice_id: int, old: int | None, new: int | None) -> tuple[models.Revision, models.Revision]:
    """The revisions to compare: N and M, N and the one after it, or the last two. Raises UnknownName."""
    load = selectinload(models.Revision.attachments)
    with Session(database, expire_on_commit=False) as session, session.begin():
        mine = models.Revision.notice_id == notice_id
        rows = {r.n: r for r in session.scalars(select(models.Revision).where(mine).options(load))}
    last = max(rows)
    second = new if new is not None else old + 1 if old is not None else last
    first = old if old is not None else second - 1
    for n in (first, second):
        if n not in rows:
            raise UnknownName(f"notice {notice_id} has revisions 1 to {last}, no {n}")
    return rows[first], rows[second]


def difference(old: models.Revision, new: models.Revision) -> dict[str, Any]:
    """Fields, paragraphs and attachments that differ, as plain values; a paragraph is [mark, text] with mark - or +."""
    fields = {f: [_shown(getattr(old, f)), _shown(getattr(new, f))] for f in _FIELDS if getattr(old, f) != getattr(new, f)}
    files = [{(a.name, a.digest or a.url or "") for a in r.attachments} for r in (old, new)]
    return {
        "notice": old.notice_id,
        "old": old.n,
        "new": new.n,
        "fields": fields,
        "text": list(paragraphs(masked(old.text), masked(new.text))),
        "attachments": {"removed": sorted(files[0] - files[1]), "added": sorted(files[1] - files[0])},
    }


def _shown(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else masked(value) if isinstance(value, str) else value


def paragraphs(old: str, new: str) -> Iterator[dict[str, Any]]:
    """Changed paragraphs in order; `marks` are [start, end) of the characters that differ from the counterpart."""
    before, after = old.split("\n"), new.split("\n")
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = zip(before[i1:i2], after[j1:j2], strict=False) if i2 - i1 == j2 - j1 else ()
        marks = [_marks(a, b) for a, b in pairs]
        yield from ({"sign": "-", "text": t, "marks": marks[k][0] if marks else []} for k, t in enumerate(before[i1:i2]))
        yield from ({"sign": "+", "text": t, "marks": marks[k][1] if marks else []} for k, t in enumerate(after[j1:j2]))


def _marks(a: str, b: str) -> tuple[list[list[int]], list[list[int]]]:
    if len(a) * len(b) > 4_000_000:
        return [], []
    codes = [c for c in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes() if c[0] != "equal"]
    return [[c[1], c[2]] for c in codes if c[2] > c[1]], [[c[3], c[4]] for c in codes if c[4] > c[3]]


def _lines(value: dict[str, Any], colour: bool) -> Iterator[str]:
    yield f"notice {value['notice']}: revision {value['old']} -> {value['new']}"
    for name, (old, new) in value["fields"].items():
        yield f"{name}: {safe(str(old))} -> {safe(str(new))}"
    for paragraph in value["text"]:
        yield f"{paragraph['sign']} {marked(paragraph['text'], paragraph['marks'], colour)}"
    for sign, key in (("-", "removed"), ("+", "added")):
        yield from (f"{sign} attachment {safe(name)} ({digest})" for name, digest in value["attachments"][key])
