"""The `notices` command: a module for each verb, errors and exit codes in one place."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from cli.process import INTERRUPTED, command_line, exit_code_of, prepare_streams
from notices.config import load_config
from notices.errors import NoticesError
from notices.version import PROGRAM

EXIT_CODES = """exit codes:
  0 done    2 usage or configuration    3 some sources failed    4 damage found
  5 disk full    6 another run holds the lock    130 stopped by Ctrl-C"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the documented exit code."""
    prepare_streams()
    try:
        code = _run(command_line() if argv is None else list(argv))
        sys.stdout.flush()
        return code
    except NoticesError as error:
        with suppress(OSError):
            print(f"notices: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        return exit_code_of(error, "notices")
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: list[str]) -> int:
    try:
        args = parser(words).parse_args(words)
    except SystemExit:  # argparse has printed the help, the version or what is wrong
        sys.stdout.flush()
        raise
    level = logging.INFO if args.verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    code: int = args.run(args, load_config(os.environ))
    return code


VERBS = {
    "demo": ("cli.demo.demo", "crawl a bundled site on this machine and search it"),
    "crawl": ("cli.verbs.collect.crawl", "fetch new notices from the sources"),
    "import": ("cli.verbs.collect.import_", "import a collection, one JSON object per line"),
    "parse": ("cli.verbs.collect.parse", "read saved pages and print JSON; needs no archive"),
    "index": ("cli.verbs.operate.index", "bring the index up to date, or rebuild it"),
    "status": ("cli.verbs.operate.status", "show archive totals and source health"),
    "reparse": ("cli.verbs.preserve.reparse", "read all archived bytes again with the current parser, offline"),
    "verify": ("cli.verbs.preserve.verify", "check every archived byte, row and index document, or a proof"),
    "repair": ("cli.verbs.preserve.repair", "list what can be repaired; with --apply, repair it"),
    "prove": ("cli.verbs.preserve.prove", "write a proof that anybody can check without the archive"),
    "checkpoint": ("cli.verbs.preserve.prove", "sign the log of snapshots now"),
    "backup": ("cli.verbs.preserve.backup", "copy the archive consistently while it is in use"),
    "restore": ("cli.verbs.preserve.backup", "restore a backup into an empty folder, rebuild the index and verify"),
    "show": ("cli.verbs.read.show", "show a notice, by its id or document number"),
    "history": ("cli.verbs.read.history", "show a notice's revisions, observations, states and corrections"),
    "diff": ("cli.verbs.read.diff", "show the difference between two revisions of a notice"),
    "cites": ("cli.verbs.read.cites", "show which notices this one cites, which cite, amend or repeal it, and its newest version"),
    "completion": ("cli.completion.completion", "print a script that completes verbs, options, sources, titles and numbers"),
    "complete": ("cli.completion.complete", ""),  # without a text: not in the help
    "source": ("cli.verbs.collect.source", "list, check and add the sites that can be crawled"),
    "schedule": ("cli.verbs.operate.schedule", "run every source on its schedule until stopped"),
}


def parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The command's parser; of the verbs, only the one that was asked for is loaded."""
    top = argparse.ArgumentParser("notices", description="An archive of published Chinese government notices.", epilog=EXIT_CODES)
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--version", action="version", version=f"notices {PROGRAM}")
    top.add_argument("-v", "--verbose", action="store_true", help="write more about the work to stderr")
    verbs = top.add_subparsers(required=True, metavar="VERB")
    asked = next((word for word in argv if word in VERBS), None)
    for name, (module, text) in VERBS.items():
        if text and (asked is None or module != VERBS[asked][0]):
            verbs.add_parser(name, help=text)
    if asked is not None:
        importlib.import_module(VERBS[asked][0]).add_verbs(verbs)
    return top


if __name__ == "__main__":
    sys.exit(main())
