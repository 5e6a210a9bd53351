"""`notices doctor`: whether the archive can work on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from cli.terminal import json_line, marked, padded, wants_colour
from cli.terms import term
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.doctor import Check, examine
from operations.read.json_values import json_object


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices doctor`."""
    verb = verbs.add_parser("doctor", help=_("check that the archive can work on this machine (exit code 2 when there is a problem)"))
    verb.add_argument("--json", action="store_true", help=_("print one JSON object per check"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print the checks; exit 2 when one is a problem."""
    checks = list(examine(config))
    if args.json:
        for check in checks:
            print(json_line(json_object(check)))
    else:
        print("\n".join(_lines(checks, colour=wants_colour())))
    return 2 if any(check.level == "problem" for check in checks) else 0


def _lines(checks: Sequence[Check], *, colour: bool) -> Iterator[str]:
    for check, line in zip(checks, padded([(term(check.level), term(check.name), safe(check.detail)) for check in checks]), strict=True):
        yield marked(line, [(0, len(term(check.level)))], colour) if colour and check.level == "problem" else line
        if check.remedy and check.level != "ok":
            yield f"         {safe(check.remedy)}"
