"""The named points of a run: functions wrapped when their module is imported, so that a process can be ended before or after each."""

from __future__ import annotations

import functools
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Protocol

FUNCTIONS = {
    "fetch": ("crawler.http.guard", "Guard.process_request"),
    "keep": ("pipeline.ledger", "CrawlLedger.keep"),
    "warc append": ("pipeline.warc.lane", "append"),
    "attachment": ("pipeline.attachments.extractor", "Extractor.extract"),
    "store": ("pipeline.store_new", "store_some"),
    "sql commit": ("sqlalchemy.engine.default", "DefaultDialect.do_commit"),
    "recovery": ("pipeline.recovery", "_register_orphans"),
    "run end": ("pipeline.ledger", "CrawlLedger.finish"),
    "index write": ("index.whoosh.engine", "write_into"),
    "index commit": ("whoosh.writing", "SegmentWriter.commit"),
    "texts append": ("index.whoosh.folder", "append"),
    "outbox clear": ("pipeline.sql.outbox", "acknowledge"),
    "aliases": ("index.meaning.aliases", "write_aliases"),
    "recorded tables": ("pipeline.sql.migrate", "_make_recorded"),
    "migration": ("pipeline.sql.migrate", "_run_migrations"),
    "migration step": ("alembic.runtime.migration", "HeadMaintainer.update_to_step"),
}


class Passes(Protocol):
    """What is told of every passing."""

    def point(self, name: str, side: str) -> bool:
        """Pass a point."""


def wrap_functions(fault: Passes) -> None:
    """Wrap each function as soon as its module is there."""
    wanted: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for point, (module, name) in FUNCTIONS.items():
        wanted[module].append((point, name))
    sys.meta_path.insert(0, _Finder(fault, wanted))


class _Finder(MetaPathFinder):
    def __init__(self, fault: Passes, wanted: dict[str, list[tuple[str, str]]]) -> None:
        self.fault, self.wanted = fault, wanted

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The ordinary spec with a loader that wraps what is wanted afterwards."""
        points = self.wanted.get(fullname)
        spec = PathFinder.find_spec(fullname, path, target) if points else None
        if spec is None or spec.loader is None or points is None:
            return None
        setattr(spec.loader, "exec_module", _exec(spec.loader, points, self.fault))  # noqa: B010 (a method may not be assigned)
        return spec


def _exec(loader: Loader, points: list[tuple[str, str]], fault: Passes) -> Callable[[ModuleType], None]:
    real = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        real(module)
        for point, name in points:
            *outer, last = name.split(".")
            place: Any = functools.reduce(getattr, outer, module)
            setattr(place, last, _passing(fault, point, getattr(place, last)))

    return exec_module


def _passing(fault: Passes, point: str, real: Callable[..., Any]) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(real):
        raise TypeError(f"{point}: only plain functions can be wrapped")

    @functools.wraps(real)
    def call(*args: Any, **more: Any) -> Any:
        fault.point(point, "before")
        done = real(*args, **more)
        fault.point(point, "after")
        return done

    return call
