"""The `search` command from the start of its process to the end, without steps that only cost time."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> int:
    """Search; see cli.search.run.run. Nothing is collected meanwhile: loading modules and answering once leave next to no garbage."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        from cli.search.run import run

        return run(argv)
    finally:
        if collecting:
            gc.enable()


def command() -> NoReturn:
    """Search and end the process at once: taking the modules apart one by one is a tenth of the time an answer takes."""
    try:
        code = main()
    except SystemExit as leave:  # argparse has printed the help or what is wrong
        code = leave.code if isinstance(leave.code, int) else 0
    except KeyboardInterrupt:  # while the modules are loaded; later cli.search.run sees it
        code = 130
    with suppress(OSError):  # where nobody reads it any more
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
