"""The `notices` command: one module a verb group, errors and exit codes in one place."""

from __future__ import annotations

import argparse
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
    args = parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO if args.verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
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


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    from cli import crawl, demo_verb, importing, indexing, parsing, schedule_verb, show, source_verbs, status

    top = argparse.ArgumentParser("notices", description="An archive of published government notices.", epilog=EXIT_CODES)
    top.formatter_class = argparse.RawDescriptionHelpFormatter
    top.add_argument("--version", action="version", version=f"notices {PROGRAM}")
    top.add_argument("-v", "--verbose", action="store_true", help="say more on stderr")
    verbs = top.add_subparsers(required=True, metavar="VERB")
    for group in (demo_verb, crawl, importing, parsing, indexing, status, show, source_verbs, schedule_verb):
        group.add_verbs(verbs)
    return top


if __name__ == "__main__":
    sys.exit(main())
