"""`notices metrics`: what Prometheus reads, on stdout or as a file for node_exporter."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from notices.config import Config
from notices.text.language import _
from pipeline.durable import file_errors, write_durably
from pipeline.sql.database import database_errors, open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices metrics`."""
    verb = verbs.add_parser("metrics", help=_("print sizes, ages and health as Prometheus reads them"))
    verb.add_argument("--textfile", type=Path, metavar="FILE", help=_("write them to a file for node_exporter, whole or not at all"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Print or write the metrics. Raises ConfigError without an archive, ArchiveUnwritable for a file that cannot be written."""
    from operations.metrics import metrics_text  # start-up time

    database = open_for_reading(config)
    with database_errors(config.database):
        text = metrics_text(database, config, datetime.now(UTC))
    if args.textfile is None:
        sys.stdout.buffer.write(text)
        return 0
    with file_errors(args.textfile):
        write_durably(args.textfile, text)
    return 0
