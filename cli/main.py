"""The `notices` command: one module a verb group, errors and exit codes in one place."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence

from notices.config import load_config
from notices.errors import NoticesError
from notices.version import PROGRAM

EXIT_CODES = """exit codes:
  0 done    2 usage or configuration    3 some sources failed    4 damage found
  5 disk full    6 another run holds the lock"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; return the documented exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = parser(words).parse_args(words)
    logging.basicConfig(
        level=logging.INFO if args.verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    try:
        code: int = args.run(args, load_config(os.environ))
        sys.stdout.flush()
        return code
    except NoticesError as error:
        print(f"notices: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        return _os_error(error)
    except KeyboardInterrupt:
        return 130


def _os_error(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output is gone: nothing to tell it
        return 0
    print(f"notices: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
    return 5 if error.errno in (28, 122) else 2


VERBS = {
    "demo": ("cli.demo.demo", "crawl a bundled site on this machine and search it"),
    "crawl": ("cli.verbs.collect.crawl", "fetch what is new from sources"),
    "import": ("cli.verbs.collect.import_", "take in a collection, one JSON object a line"),
    "parse": ("cli.verbs.collect.parse", "read saved pages, print JSON; touches no archive"),
    "index": ("cli.verbs.operate.index", "bring the index up to date with the archive"),
    "status": ("cli.verbs.operate.status", "what the archive holds, how its sources do"),
    "reparse": ("cli.verbs.preserve.reparse", "read all archived bytes again with today's parser, offline"),
    "verify": ("cli.verbs.preserve.verify", "check every byte, row and index document; or a proof"),
    "repair": ("cli.verbs.preserve.repair", "show what can be mended; with --apply mend it"),
    "prove": ("cli.verbs.preserve.prove", "a proof that anybody can check without the archive"),
    "checkpoint": ("cli.verbs.preserve.prove", "sign the log of snapshots as it stands"),
    "backup": ("cli.verbs.preserve.backup", "a consistent copy of the archive, while it is in use"),
    "restore": ("cli.verbs.preserve.backup", "restore a backup into an empty home, rebuild the index, verify"),
    "show": ("cli.verbs.read.show", "one notice by its id or document number"),
    "history": ("cli.verbs.read.history", "every revision of a notice"),
    "diff": ("cli.verbs.read.diff", "what changed between two revisions"),
    "cites": ("cli.verbs.read.cites", "what a notice cites, what cites, amends or repeals it, and its newest version"),
    "completion": ("cli.completion.completion", "print a script that completes verbs, options, sources, titles and numbers"),
    "complete": ("cli.completion.complete", ""),  # without a text: not in the help
    "source": ("cli.verbs.collect.source", "the sites that can be crawled"),
    "schedule": ("cli.verbs.operate.schedule", "run every source's schedule until stopped"),
}


def parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command; only the verb that was asked for is loaded."""
    top = argparse.ArgumentParser("notices", description="An archive of published government notices.", epilog=EXIT_CODES)
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--version", action="version", version=f"notices {PROGRAM}")
    top.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
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
