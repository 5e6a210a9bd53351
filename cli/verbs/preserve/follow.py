"""`notices follow`: be a second archive of another one's notices, and the witness of its log."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from cli.progress import Progress, Unit, is_shown
from cli.terminal import json_line
from notices.config import Config
from notices.errors import ServerAway, UserError
from notices.text.display import safe
from notices.text.language import _, told
from operations.follow.following import FollowOrder, FollowResult, follow

_SHORTEST, _LONGEST = 1, 7 * 24 * 60  # minutes


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices follow`."""
    verb = verbs.add_parser("follow", help=_("follow another archive: copy what it has, prove it by its checkpoints, cosign them"))
    verb.add_argument(
        "url", metavar="URL", nargs="?", default="", help=_("the reading room of the archive to follow (default: the one of the first run)")
    )
    verb.add_argument(
        "--key", metavar="KEY", help=_("its public key as you know it from elsewhere; without it the first one seen is remembered")
    )
    verb.add_argument(
        "--login",
        metavar="FILE",
        type=Path,
        help=_("a file (mode 600) with name:password of a maintainer there: all bytes, personal data too"),
    )
    verb.add_argument("--ca", metavar="FILE", type=Path, help=_("the certificate (PEM) of the authority of its server"))
    verb.add_argument(
        "--every", metavar="MINUTES", type=int, help=_("again and again, so many minutes after each run ended, until stopped")
    )
    verb.add_argument("--once", action="store_true", help=_("one run (the default)"))
    verb.add_argument("--json", action="store_true", help=_("print JSON"))
    verb.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    verb.epilog = _(
        "docs/follow.md describes it. Exit codes: 4: the other archive changed its past, nothing was taken in; 7: it does not answer now."
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Follow once, or until a signal."""
    if args.every is not None and (args.once or not _SHORTEST <= args.every <= _LONGEST):
        raise UserError(
            _("--every {minutes}: {least} to {most} minutes, and not with --once").format(
                minutes=args.every, least=_SHORTEST, most=_LONGEST
            )
        )
    order = FollowOrder(args.url, args.key, args.login, args.ca)
    while args.every is not None:
        try:
            _once(args, config, order)
        except ServerAway as error:
            print(f"notices: {safe(told(str(error)))}", file=sys.stderr)  # the next run goes on
        time.sleep(args.every * 60)
    return _once(args, config, order)


def _once(args: argparse.Namespace, config: Config, order: FollowOrder) -> int:
    with Progress(_("follow"), 0, Unit(_("records")), shown=is_shown(no_progress=args.no_progress)) as progress:
        result = follow(config, order, progress)
    if args.json:
        print(json_line(_json(result)))
    else:
        _print(result)
    return 0 if result.complete else 4


def _json(result: FollowResult) -> dict[str, object]:
    return {
        "url": result.url, "archive": result.archive, "complete": result.complete, "size": result.size, "entries": result.entries,
        "changes": result.changes, "newest_change": result.newest_change, "waiting": result.waiting, "takedowns": result.takedowns,
        "withheld": dict(result.withheld), "in_part": result.in_part, "note": result.note or None, "witness": result.witness,
    }  # fmt: skip


def _print(result: FollowResult) -> None:
    print(
        _("{url}: {entries} records and {changes} changes taken").format(
            url=safe(result.url), entries=result.entries, changes=result.changes
        )
    )
    if result.waiting:
        print(_("{count} changes wait: what they were read from is not signed there yet").format(count=result.waiting))
    reasons = {
        "taken_down": _("here by their hashes, as they were taken down there: {count}"),
        "personal": _("here by their hashes, as personal data is not given to strangers (--login): {count}"),
        "unreadable": _("here by their hashes, as they cannot be read there any more: {count}"),
    }
    for why, count in sorted(result.withheld.items()):
        print(reasons[why].format(count=count))
    if not result.complete:
        print(_("not complete: not cosigned"))
        return
    print(_("complete and unchanged: {size} entries, {changes} changes").format(size=result.size, changes=result.newest_change))
    print(result.note, end="")
