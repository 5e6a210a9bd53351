"""How lines of a log are written: bare at a terminal, with their time in a file, or as JSON for programs."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from notices.text.display import escaped, safe

FORMATS = ("plain", "text", "json")


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time in UTC, level, part of the program, message, the run that it is of, and what was raised."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "part": record.name, "message": record.getMessage()}
        if (run := getattr(record, "run_id", None)) is not None:
            line["run"] = run
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return escaped(json.dumps(line, ensure_ascii=False))


class PlainLines(logging.Formatter):
    """A record as text in which nothing drives a terminal: addresses and names of others are in it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and below it what was raised."""
        return safe(super().format(record), one_line=False)


def formatter(kind: str) -> logging.Formatter:
    """The formatter of one of FORMATS."""
    if kind == "json":
        return JsonLines()
    if kind == "text":
        return PlainLines("%(asctime)s %(levelname)s %(name)s: %(run)s%(message)s", defaults={"run": ""})
    return PlainLines("%(levelname)s %(name)s: %(message)s")


@contextmanager
def lines_of_run(ident: int) -> Iterator[None]:
    """Write the run's id into every line of this process's log meanwhile, except at a terminal."""

    def mark(record: logging.LogRecord) -> bool:
        record.run_id, record.run = ident, f"run {ident}: "
        return True

    handlers = logging.getLogger().handlers[:]
    for handler in handlers:
        handler.addFilter(mark)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(mark)


def log_to_stderr(level: int, kind: str) -> None:
    """Write the log of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(kind))
    logging.basicConfig(level=level, handlers=[handler])
