"""Columns of the catalogue become sources of the archive: chosen, looked at once, written, enabled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.catalogue import Catalogue, Row, Wanted, by_site, load_catalogue
from crawler.source import Source, survey_sources
from crawler.source_text import Draft, draft_source, source_text, with_columns, with_enabled
from notices.config import Config
from notices.errors import SourceFileError, UnknownName
from notices.hours import ZONE
from notices.text.language import _
from notices.urls import canonical_url
from operations.catalogue.checking import Manner, SourceCheck, check_lists, looking
from operations.source_files import text_of, write_source


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a site: enabled, disabled (the problems say why), present (enabled already) or failed (nothing was written)."""

    site: str
    outcome: str
    path: Path
    columns: int = 0
    entries: int = 0
    newest: date | None = None
    problems: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether every column that was wanted is now crawled, or written as asked."""
        return not self.problems


def catalogue_of(config: Config) -> Catalogue:
    """The shipped catalogue and the rows that the archive's keeper added."""
    return load_catalogue(config.state_paths().own_catalogue)


def choose(catalogue: Catalogue, names: Sequence[str], wanted: Wanted) -> list[Row]:
    """The rows that are named, or all of them, so far as they meet the conditions. Raises UnknownName with what comes near."""
    named: dict[str, Row] = {}
    for name in names:
        found = catalogue.named(name)
        if not found:
            raise UnknownName(_("{name!r} is not in the catalogue{near}").format(name=name, near=_near(catalogue, name)))
        named |= {row.id: row for row in found}
    if not names:
        return catalogue.find(wanted)
    return [row for row in named.values() if wanted.admits(row)]


def _near(catalogue: Catalogue, name: str) -> str:
    near = [f"{row.site} ({row.publisher})" for row in catalogue.nearest(name)]
    return _("; near it: {names}").format(names=", ".join(near)) if near else _("; try: notices source catalogue WORDS")


def add_sources(rows: Sequence[Row], config: Config, manner: Manner) -> Iterator[Added]:
    """Write a source file for every site of the rows, enabled only if entries were read; give what became of each as it is done.

    Raises ArchiveLocked while another process looks at lists.
    """
    with looking(config):
        adding = _Adding(config, manner)
        plans = [adding.plan(site, wanted) for site, wanted in by_site(rows).items()]
        yield from (plan for plan in plans if isinstance(plan, Added))
        jobs = {plan.source.name: plan for plan in plans if isinstance(plan, _Job)}
        if manner.offline:
            yield from (adding.written(job, None) for job in jobs.values())
            return
        for check in check_lists([job.source for job in jobs.values()], config):
            yield adding.written(jobs[check.source.name], check)


@dataclass(frozen=True, slots=True)
class _Job:
    """A site whose lists are to be looked at. `source` is looked at; `rows` are new to the file; `text` is what the file contains now."""

    site: str
    path: Path
    source: Source
    rows: tuple[Row, ...] = ()
    text: str | None = None


class _Adding:
    """What sites become, given the source files that there are."""

    def __init__(self, config: Config, manner: Manner) -> None:
        self.folder, self.manner = config.sources_dir, manner
        self.today = datetime.now(ZONE).date()
        files = survey_sources(config.sources_dir)
        self.own = {name: pair for name, pair in files.found.items() if pair[1].is_relative_to(config.sources_dir)}
        self.by_column = {canonical_url(c.url): pair for pair in self.own.values() for c in pair[0].columns}

    def plan(self, site: str, wanted: Sequence[Row]) -> _Job | Added:
        """The look that a site needs; or what became of it, where it needs none."""
        new = tuple(row for row in wanted if canonical_url(row.url) not in self.by_column)
        if not new:
            source, path = self.by_column[canonical_url(wanted[0].url)]
            if source.enabled:
                return Added(site, "present", path, columns=len(wanted))
            return _Job(site, path, source, text=text_of(path))
        path = self.folder / f"{site}.toml"
        if site not in self.own:
            if path.exists():
                return Added(
                    site, "failed", path, problems=(_("{path} is not a valid source file; correct it or move it away").format(path=path),)
                )
            return _Job(site, path, draft_source(self._draft(new)), new)
        source, path = self.own[site]
        if urlsplit(new[0].url).hostname not in source.all_hosts():
            return Added(site, "failed", path, problems=(_("{path} is the source of another site; rename one of them").format(path=path),))
        draft = replace(self._draft(new), delay=source.delay, allow_private=source.allow_private)
        return _Job(site, path, draft_source(draft), new, text_of(path))

    def _draft(self, rows: Sequence[Row]) -> Draft:
        return Draft(rows, self.today, allow_private=self.manner.allow_private, delay=self.manner.delay)

    def written(self, job: _Job, check: SourceCheck | None) -> Added:
        """What became of a site after the look at it, its file written; `check` is None where none was wanted."""
        read = [c for c in check.columns if c.reads] if check else []
        problems = tuple(f"{url}: {why}" for url, why in check.unread.items()) if check else ()
        try:
            text = self._text(job, check)
            if text != job.text:
                write_source(job.path, text)
        except SourceFileError as error:
            return Added(job.site, "failed", job.path, problems=(str(error),))
        outcome = "enabled" if read else "failed" if job.text is not None and job.rows else "disabled"
        newest = max((c.newest for c in read if c.newest), default=None)
        return Added(job.site, outcome, job.path, len(read), sum(c.entries for c in read), newest, problems)

    def _text(self, job: _Job, check: SourceCheck | None) -> str:
        """What the file is to contain. Raises SourceFileError where the file that is there cannot be changed."""
        draft = replace(self._draft(job.rows), entries=check.entries if check else 0, unread=check.unread if check else None)
        if job.text is None:
            return source_text(draft)
        if check is None and job.rows:
            raise SourceFileError(_("{path} exists; columns are added to it only after a look at them").format(path=job.path))
        if check is None or not check.entries:
            return job.text
        text = with_columns(job.text, draft, str(job.path)) if job.rows else job.text
        return with_enabled(text, True, str(job.path))
