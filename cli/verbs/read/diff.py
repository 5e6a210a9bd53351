"""`notices diff`: what changed between two revisions of a notice, by paragraph, with the changed characters marked."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cli.terminal import json_line, marked, wants_colour
from cli.terms import term
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.read.diff import Difference, Paragraph, difference
from operations.read.json_values import json_object
from operations.read.lookup import find_id
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices diff`."""
    verb = verbs.add_parser("diff", help=_("show the difference between two revisions of a notice (default: the last two)"))
    verb.add_argument("wanted", metavar="NOTICE", help=_("its id, document number, address or title"))
    verb.add_argument("old", nargs="?", type=int, metavar="N", help=_("the earlier revision"))
    verb.add_argument("new", nargs="?", type=int, metavar="M", help=_("the later revision (default: the one after N)"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the difference. Raises UnknownName for an unknown notice or revision."""
    database = open_for_reading(config)
    with database_errors(config.database):
        found = difference(database, find_id(database, args.wanted), args.old, args.new)
    print(json_line(json_object(found)) if args.json else "\n".join(_lines(found, wants_colour())))
    return 0


def _lines(found: Difference, colour: bool) -> Iterator[str]:
    yield _("notice {id}: revision {old} -> {new}").format(id=found.notice, old=found.old, new=found.new)
    for name, (old, new) in found.fields.items():
        yield f"{term(name)}: {safe(str(old))} -> {safe(str(new))}"
    yield from _text_lines(found.text, colour)
    files = found.attachments
    for sign, some in (("-", files.removed), ("+", files.added)):
        yield from (f"{sign} {_('attachment')} {safe(file.name)} ({safe(str(file.digest))})" for file in some)
    for file in files.changed:
        yield f"~ {_('attachment')} {safe(file.name)} ({file.digests[0]} -> {file.digests[1]})"
        yield from (f"  {line}" for line in _text_lines(file.text, colour))


def _text_lines(changed: Sequence[Paragraph], colour: bool) -> Iterator[str]:
    for paragraph in changed:
        note = f"  {_('[differs in masked personal data]')}" if paragraph.masked else ""
        yield f"{paragraph.sign} {marked(paragraph.text, paragraph.marks, colour)}{note}"
