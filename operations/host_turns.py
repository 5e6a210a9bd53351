"""One run at a host at a time, whatever process it is in, and the delay between requests held from one run to the next."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from crawler.source import Source
from pipeline.sql.locks import hold

_LONGEST = 200  # characters of a file's name, of 255 that file systems take


@contextmanager
def turn(folder: Path, source: Source, wait: float) -> Iterator[None]:
    """The turn of a source at all its hosts; wait that many seconds for those who are at one. Raises ArchiveLocked, naming the host's lock.

    Hosts are taken in one order, so that two runs never wait for each other. The next run begins a delay after the end of this one.
    """
    with ExitStack() as taken:
        for name in host_names(source):
            taken.enter_context(hold(folder, name, wait=wait))
            last = folder / f"{name}.last"
            _rest(last, source.delay)
            taken.callback(_note, last)
        yield


def host_names(source: Source) -> Iterable[str]:
    """The names of the locks of its hosts, with their ports as requests name them; each once: a process would wait for itself for ever."""
    hosts = {urlsplit(column.url).netloc.lower() for column in source.columns} | {host.lower() for host in source.hosts}
    return sorted({"host-" + re.sub(r"[^0-9a-z.-]", "_", host)[:_LONGEST] for host in hosts})


def _rest(last: Path, delay: float) -> None:
    """Wait until the delay since the last run's end is over; a clock that was set back costs one delay at most."""
    with suppress(OSError):
        passed = time.time() - last.stat().st_mtime
        if passed < delay:
            time.sleep(min(delay, delay - passed))


def _note(last: Path) -> None:
    with suppress(OSError):  # on a full disk the next run begins at once
        last.touch()
