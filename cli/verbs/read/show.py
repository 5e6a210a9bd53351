"""`notices show`: one notice, as archived."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date

from cli.terminal import in_china, json_line, left
from cli.terms import term
from index.query.values import date_range
from notices.config import Config
from notices.errors import QuerySyntaxError
from notices.text.display import safe
from notices.text.language import _, ngettext, told
from operations.read.as_of import view_as_of
from operations.read.json_values import json_object
from operations.read.lookup import find_ids
from operations.read.notice_views import NoticeView, notice_views
from pipeline.sql.database import database_errors, open_for_reading

_FIELDS = (
    "url", "source", "state", "revision", "document_number", "issuer", "kind", "published_date", "written_date", "effective_date",
    "expiry_date", "index_number", "theme", "validity",
)  # fmt: skip


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices show`."""
    verb = verbs.add_parser("show", help=_("show a notice"))
    verb.add_argument("wanted", metavar="NOTICE", help=_("its id, document number, address or title"))
    verb.add_argument("--as-of", type=_day, metavar="DATE", help=_("as the archive had it at the end of this day (2024-03-01)"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per notice"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the notice, or each copy of it. Raises UnknownName."""
    database = open_for_reading(config)
    with database_errors(config.database):
        ids = find_ids(database, args.wanted)
        for view in notice_views(database, ids) if args.as_of is None else [view_as_of(database, ident, args.as_of) for ident in ids]:
            print(json_line(json_object(view)) if args.json else "\n".join(_lines(view)))
    return 0


def _day(value: str) -> date:
    """The last day of a day, month or year."""
    try:
        day = date_range(value, value, 0)[1]
    except QuerySyntaxError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if day is None:
        raise argparse.ArgumentTypeError(_("{value} is not a day").format(value=repr(value)))
    return day


def _lines(view: NoticeView) -> Iterator[str]:
    yield safe(view.title) or _("(no title)")
    for name in _FIELDS:
        if value := getattr(view, name):
            yield f"{left(term(name), 16)} {safe(term(str(value)) if name in ('state', 'validity') else str(value))}"
    for attachment in view.attachments:
        why = f": {safe(told(attachment.detail))}" if attachment.detail else ""
        yield f"{left(_('attachment'), 16)} {safe(attachment.name)} ({term(attachment.outcome)}{why})"
        for member in attachment.members:
            yield f"{'':16} {safe(member.path)}{'' if member.has_text else ' ' + _('(no text)')}"
        if found := attachment.recognised:
            pages = ngettext("{count} page recognised by {name}", "{count} pages recognised by {name}", len(found.pages))
            text = pages.format(count=len(found.pages), name=found.recogniser)
            yield f"{'':16} {text}, {_('confidence from {confidence}').format(confidence=found.confidence)}"
    if view.presence:
        since = _("{state} since").format(state=term(view.presence.state))
        moment = in_china(view.presence.since, "%Y-%m-%d %H:%M")
        yield f"{left(since, 16)} {moment} {term(view.presence.evidence or '')}".rstrip()
    if view.copies:
        yield f"{left(_('copies'), 16)} {', '.join(map(str, view.copies))}"
    if view.snapshot:
        kept = view.snapshot
        yield f"{left(_('archived bytes'), 16)} " + _("{file} at {offset}, {digest}, fetched {moment}").format(
            file=kept.warc_file, offset=kept.offset, digest=kept.payload_digest, moment=in_china(kept.fetched_at)
        )
    yield ""
    yield from (safe(line) for line in view.text.split("\n"))
