"""The `search` command from the start of its process to the end, without steps that only cost time."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> int:
    """Search; see cli.search.run.run. The garbage collector is off meanwhile: loading modules and answering once leave almost no garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        from cli.search.run import run  # after gc.disable: loading it is most of the work

        return run(argv)
    finally:
        if collecting:
            gc.enable()


def command() -> NoReturn:
    """Search and end the process at once: the orderly end of an interpreter takes a tenth of the time of an answer."""
    try:
        code = main()
    except SystemExit as leave:  # argparse has printed the help or the error
        code = leave.code if isinstance(leave.code, int) else 0
    except KeyboardInterrupt:  # while the modules are loaded; later cli.search.run sees it
        code = 130
    except OSError as error:  # the help could not be written
        code = _code_of(error)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = _code_of(error) or code
    with suppress(OSError):
        sys.stderr.flush()
    os._exit(code)


def _code_of(error: OSError) -> int:
    from cli.process import exit_code_of  # loaded already, unless loading was what failed

    return exit_code_of(error, "search")


if __name__ == "__main__":
    command()
