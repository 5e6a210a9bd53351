"""Files of other programs, opened: WARC files and WACZ packages as one collection, or a folder of saved pages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from notices.errors import BadInput
from notices.text.language import _, system_words
from pipeline.durable import file_errors
from pipeline.foreign.answers import Collection, Tell
from pipeline.foreign.saved_pages import SavedPages
from pipeline.foreign.stretch import Stretch
from pipeline.foreign.wacz import warc_files
from pipeline.foreign.warc_records import is_whole_gzip, unpacked
from pipeline.foreign.warc_set import Kept, WarcSet


@dataclass(frozen=True, slots=True)
class Reading:
    """Who is told while files are read, what the archive has for a revisit, and the folder for what has to be unpacked."""

    tell: Tell
    progress: Callable[[int], None]
    kept: Kept
    work_folder: Path


@contextmanager
def opened(paths: Sequence[Path], manifest: str | None, reading: Reading) -> Iterator[Collection]:
    """The collection in the paths. Raises BadInput for a file that is no WARC or WACZ, a folder without its manifest, a mixture of both."""
    folders = [path for path in paths if path.is_dir()]
    if folders and len(paths) > 1:
        raise BadInput(_("{folder}: a folder of saved pages is imported by itself").format(folder=folders[0]))
    if folders:
        yield SavedPages(folders[0], reading.tell, manifest=manifest)
        return
    if manifest:
        raise BadInput(_("{path}: --manifest belongs to a folder of saved pages").format(path=paths[0]))
    with ExitStack() as stack:
        with file_errors(reading.work_folder):
            spool = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile(dir=reading.work_folder)))
            files = [_plain(file, spool) for path in paths for file in _warc_files(stack, path, spool, reading.tell)]
        yield WarcSet(files, reading.tell, kept=reading.kept, progress=reading.progress)


def _warc_files(stack: ExitStack, path: Path, spool: BinaryIO, tell: Tell) -> Iterator[Stretch]:
    try:
        handle = stack.enter_context(path.open("rb"))
    except OSError as error:
        raise BadInput(f"{path}: {system_words(error)}") from error
    if path.suffix.lower() == ".wacz":
        yield from warc_files(path, handle, spool, tell)
    else:
        yield Stretch(path.name, handle.fileno(), 0, path.stat().st_size)


def _plain(file: Stretch, spool: BinaryIO) -> Stretch:
    """The file; unpacked into `spool` if all of its records are in one gzip member. Raises BadInput for a file of no WARC."""
    if not is_whole_gzip(file):
        return file
    start = spool.seek(0, 2)
    for piece in unpacked(file):
        spool.write(piece)
    spool.flush()
    return Stretch(file.name, spool.fileno(), start, spool.tell() - start)
