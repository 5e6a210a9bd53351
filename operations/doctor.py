"""Whether an archive can work on this machine: the checks that a maintainer would make first, each with its remedy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from crawler.source import load_source
from notices.config import Config
from notices.errors import NoticesError
from notices.text.language import _
from operations.indexing import index_problem, index_state
from pipeline.attachments.extractor import confinement_gaps
from pipeline.sql import outbox
from pipeline.sql.database import open_for_reading

Level = Literal["ok", "warning", "problem"]
_LEAST_FREE = 1 << 30  # bytes: a WARC file of the usual size, and room for SQLite's log
_LOCALHOST = "webmaster@localhost"


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `remedy` is what to do about a warning or a problem."""

    name: str
    level: Level
    detail: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Check]:
    """Every check, in the order in which one would repair. Creates and changes nothing where there is no archive yet."""
    yield Check("python", "ok", f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    yield _home(config)
    yield _space(config)
    yield _attachments()
    yield _contact(config)
    yield from _sources(config)
    yield from _archive(config)


def _home(config: Config) -> Check:
    home = config.home
    if not home.exists():
        return Check(
            "home",
            "warning",
            _("{home} does not exist yet").format(home=home),
            _("notices demo, notices crawl NAME or notices import FILE.jsonl creates it"),
        )
    if not home.is_dir():
        return Check("home", "problem", _("{home} is not a folder").format(home=home), _("set NOTICES_HOME to a folder"))
    if not os.access(home, os.W_OK | os.X_OK):
        return Check(
            "home",
            "warning",
            _("{home} cannot be written by this user: searching only").format(home=home),
            _("run as the user who owns it"),
        )
    return Check("home", "ok", str(home))


def _space(config: Config) -> Check:
    place = next(path for path in (config.home, *config.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    shown = _("{free:.1f} GB free at {place}").format(free=free / 1000000000.0, place=place)
    return (
        Check("disk", "ok", shown)
        if free >= _LEAST_FREE
        else Check("disk", "warning", shown, _("a crawl stops cleanly when the disk is full; make room"))
    )


def _attachments() -> Check:
    """Whether the process that reads attached files gives up network and files."""
    if gaps := confinement_gaps():
        return Check(
            "attachments",
            "warning",
            _("read in a process of their own, which keeps what this system cannot take from it: {names}").format(names="; ".join(gaps)),
            _("Linux 5.13 or later with Landlock and seccomp; in a container, a profile that allows both"),
        )
    return Check("attachments", "ok", _("read in a process of their own, without network and without access to files"))


def _contact(config: Config) -> Check:
    if config.contact == _LOCALHOST:
        return Check("contact", "warning", _("no contact is set; sites cannot reach you"), _('contact = "you@example.org" in notices.toml'))
    return Check("contact", "ok", config.contact)


def _sources(config: Config) -> Iterator[Check]:
    """A check for each of the user's source files that cannot be used, and one for all others."""
    enabled, usable = 0, 0
    for path in sorted(config.sources_dir.glob("*.toml")):
        try:
            enabled += load_source(path).enabled
            usable += 1
        except NoticesError as error:
            yield Check("source file", "problem", str(error), _("correct it, or move it out of {parent}").format(parent=path.parent))
    remedy = "" if enabled else _("notices source list shows them; notices source enable NAME enables one")
    yield Check(
        "sources",
        "ok" if enabled else "warning",
        _("{usable} source files of your own, {enabled} enabled").format(usable=usable, enabled=enabled),
        remedy,
    )


def _archive(config: Config) -> Iterator[Check]:
    if config.database.startswith("sqlite") and not Path(config.database.removeprefix("sqlite:///")).exists():
        yield Check("database", "warning", _("it does not exist yet"), _("the first crawl or import creates it"))
        return
    try:
        database = open_for_reading(config)
    except NoticesError as error:
        yield Check("database", "problem", str(error), _("see docs/operate.md"))
        return
    try:
        notices = outbox.notice_count(database)
        yield Check("database", "ok", _("{count} notices").format(count=notices))
        yield _index(config, database)
    except NoticesError as error:
        yield Check("database", "problem", str(error), _("notices verify names the damage"))
    finally:
        database.dispose()


def _index(config: Config, database: Engine) -> Check:
    state, waiting = index_state(config), outbox.pending_count(database)
    if state.documents is None:
        return Check("index", "problem", state.error or _("it cannot be opened"), "notices index --rebuild")
    if problem := index_problem(config, state, notices=outbox.shown_count(database), waiting=waiting):
        return Check("index", "problem" if problem.wrong else "warning", problem.fault, problem.remedy)
    if waiting:
        return Check("index", "warning", _("{waiting} notices wait to be indexed").format(waiting=waiting), "notices index")
    return Check("index", "ok", _("{count} documents").format(count=state.documents))
