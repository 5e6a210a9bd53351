"""Sources as data: one TOML file for each site, read strictly into a typed Source."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from crawler.list_rules import ListRules
from notices.errors import SourceFileError, UnknownName
from notices.text.language import _, system_words
from notices.urls import canonical_url

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_REGION = re.compile(r"\d{6}")
_WHERE = re.compile(r" - at `\$\.?([^`]*)`$")


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a healthy crawl yields; a source that yields less is reported as failing.

    `every_days` is the usual number of days between notices, in place of the one learned from the source's own dates; `max_age_days` is
    the age of the newest notice beyond which the source is failing, whatever was learned.
    """

    min_entries: int = 1
    every_days: float | None = None
    max_age_days: int | None = None


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of a site: its first list page and, if all of it is of one kind, that kind."""

    name: str
    url: str
    kind: str | None = None


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site and how to crawl it. `schedule` is cron in Asia/Shanghai; `delay` is seconds between requests to one host."""

    name: str
    site: str
    publisher: str
    region: str
    written: date
    schedule: str
    columns: list[Column]
    enabled: bool = False
    delay: float = 2.0
    allow_private: bool = False
    tls: str = "verify"
    notes: str = ""
    hosts: list[str] = []
    expect: Expect = Expect()
    lists: ListRules = msgspec.field(name="list", default=ListRules())

    def all_hosts(self) -> tuple[str, ...]:
        """Every host the source may be fetched from: its columns' and the extra ones it names."""
        found = [urlsplit(c.url).hostname or "" for c in self.columns] + self.hosts
        return tuple(dict.fromkeys(found))


def load_source(path: Path) -> Source:
    """The source a file describes. Raises SourceFileError naming the file, the key and the value."""
    try:
        stat = path.stat()
        return _loaded(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except OSError as error:
        raise SourceFileError(f"{path}: {system_words(error)}") from error


@lru_cache(maxsize=10_000)
def _loaded(path: Path, *_state: int) -> Source:
    """The source of a file in that state: a server asks again and again, and reading 3,000 files takes more than a second."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SourceFileError(f"{path}: {error}") from error
    return parse_source(table, str(path))


def parse_source(table: dict[str, object], where: str) -> Source:
    """The source a TOML table describes; `where` names the file in messages."""
    try:
        source = msgspec.convert(table, Source)
    except msgspec.ValidationError as error:
        raise SourceFileError(f"{where}: {_plain(str(error), table)}") from error
    _check(source, where)
    return source


def _plain(message: str, table: dict[str, object]) -> str:
    """msgspec's message with the key first and the value added."""
    found = _WHERE.search(message)
    if not found:
        return message
    key = found[1]
    value: object = table
    for step in re.findall(r"[^.\[\]]+", key):
        value = value[int(step)] if isinstance(value, list) else value.get(step) if isinstance(value, dict) else None
    shown = "" if isinstance(value, dict | list) else _(" (it is {value!r})").format(value=value)
    return f"{key}: {message[: found.start()]}{shown}"


def _check(source: Source, where: str) -> None:
    def need(good: object, key: str, value: object, allowed: str) -> None:
        if not good:
            raise SourceFileError(
                _("{where}: {key}: {value!r} is not {allowed}").format(where=where, key=key, value=value, allowed=allowed)
            )

    need(_NAME.fullmatch(source.name), "name", source.name, _("1 to 80 of a-z 0-9 _ -"))
    need(_REGION.fullmatch(source.region), "region", source.region, _("a six-digit code"))
    need(0 < source.delay <= 3600, "delay", source.delay, _("above 0 and at most 3600 seconds"))
    need(source.tls in ("verify", "relaxed", "old"), "tls", source.tls, '"verify", "relaxed" or "old"')
    need(source.columns, "columns", [], _("at least one column"))
    need(source.expect.min_entries >= 0, "expect.min_entries", source.expect.min_entries, _("0 or more"))
    every, oldest = source.expect.every_days, source.expect.max_age_days
    need(every is None or 0 < every <= 366, "expect.every_days", every, _("above 0 and at most 366"))
    need(oldest is None or oldest > 0, "expect.max_age_days", oldest, _("1 or more"))
    for n, column in enumerate(source.columns):
        try:
            canonical_url(column.url)
        except ValueError:
            need(False, f"columns[{n}].url", column.url, _("an absolute http(s) address"))
    _check_schedule(source.schedule, where)


def _check_schedule(schedule: str, where: str) -> None:
    from notices.cron import CronLine  # start-up time: a reader of one source needs no clock

    try:
        CronLine(schedule)
    except ValueError as error:
        raise SourceFileError(
            _("{where}: schedule: {schedule!r} is not a cron line: {error}").format(where=where, schedule=schedule, error=error)
        ) from error


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """Every source by name with its file, and one sentence for every file that is not valid; a user's file takes the place of a shipped one."""

    found: dict[str, tuple[Source, Path]]
    problems: tuple[str, ...]


def survey_sources(user_folder: Path) -> SourceFiles:
    """What source files there are, shipped and the user's own. A bad file never stops the others."""
    shipped = [Path(str(f)) for f in files("crawler").joinpath("sources").iterdir() if f.name.endswith(".toml")]
    found: dict[str, tuple[Source, Path]] = {}
    problems: list[str] = []
    mine: dict[str, Path] = {}
    for path in [*sorted(shipped), *(own := sorted(user_folder.glob("*.toml")))]:
        try:
            source = load_source(path)
        except SourceFileError as error:
            problems.append(str(error))
            continue
        if source.name in mine:
            problems.append(f"{path}: name: {source.name!r} is already used by {mine[source.name]}")
            continue
        if path in own:
            mine[source.name] = path
        found[source.name] = (source, path)
    return SourceFiles(found, tuple(problems))


def all_sources(user_folder: Path) -> dict[str, tuple[Source, Path]]:
    """Every source by name with its file; a user's file takes the place of a shipped one of the same name.

    Raises SourceFileError when a file is not valid or two user files claim one name.
    """
    survey = survey_sources(user_folder)
    if survey.problems:
        raise SourceFileError(survey.problems[0])
    return survey.found


def find_source(name: str, user_folder: Path) -> tuple[Source, Path]:
    """The source of that name, or the one in that file. Raises UnknownName or SourceFileError."""
    if name.endswith(".toml"):
        return load_source(Path(name)), Path(name)
    for path in sorted(user_folder.glob("*.toml")):
        if path.stem == name:
            source = load_source(path)
            if source.name == name:
                return source, path
    survey = survey_sources(user_folder)
    if name in survey.found:
        return survey.found[name]
    known = ", ".join(sorted(survey.found)) or "none"
    invalid = _("; not valid: {problems}").format(problems="; ".join(survey.problems)) if survey.problems else ""
    raise UnknownName(
        _("no source {name!r}; known: {known}; your own files belong in {user_folder}{invalid}").format(
            name=name, known=known, user_folder=user_folder, invalid=invalid
        )
    )
