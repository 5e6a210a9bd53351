"""The folder of an embedded engine: generations side by side, one of them current.

<index>/current            the name of the current generation
<index>/past/               the index of what sources show no longer, in the same form
<index>/g-<n>/             a generation: the engine's files, version.json, the format they are in, and written.json, which of them were written when
"""

from __future__ import annotations

import json
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from notices.errors import IndexUnusable
from notices.text.fold import FOLDING
from notices.text.language import _

CURRENT, VERSION_FILE, WRITTEN_FILE = "current", "version.json", "written.json"
PAST = "past"
"""The folder, in that of an index, of the index of what sources show no longer."""
_FOLDING, _FIRST_FOLDING = "folding", 1  # an index of before the key was written is folded as version 1
_CONTENT, CONTENT = "content", 5  # raise when otherwise is written than before into an index that can be read: it is rebuilt (none: 1)
_NOTED = 4  # the first content whose index has a note of the files
_NAME = re.compile(r"g-[0-9]{6,9}")
Format = Mapping[str, object]  # engine and version of the format, as version.json has them


def current_generation(folder: Path, *readable: Format) -> Path:
    """The folder of the current generation. Raises IndexUnusable, with the name of the faulty file, when it has none of the formats."""
    try:
        name = (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError) and not any(_generations(folder)):
            raise IndexUnusable(_("index {folder}: not built yet").format(folder=folder)) from error
        raise IndexUnusable(_("index {folder}: {file}: {error}").format(folder=folder, file=CURRENT, error=error)) from error
    generation = folder / name
    if not name or name != Path(name).name or not generation.is_dir():
        raise IndexUnusable(
            _("index {folder}: {file} names {name!r}, which is not a generation in this folder").format(
                folder=folder, file=CURRENT, name=name
            )
        )
    try:
        found = json.loads((generation / VERSION_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise IndexUnusable(
            _("index {generation}: {file}: {error}").format(generation=generation, file=VERSION_FILE, error=error)
        ) from error
    if not isinstance(found, dict) or {name: value for name, value in found.items() if name not in (_FOLDING, _CONTENT)} not in readable:
        raise IndexUnusable(
            _("index {generation}: made by another version or engine of this program ({file}: {found!r})").format(
                generation=generation, file=VERSION_FILE, found=found
            )
        )
    _refuse_foreign(generation)
    return generation


def is_outdated(folder: Path) -> bool:
    """Whether the current generation lacks parts that are written today, or is folded otherwise than queries are: some miss it until a rebuild."""
    try:
        made_as = json.loads((folder / _current_name(folder) / VERSION_FILE).read_text(encoding="ascii"))
        return bool(made_as.get(_FOLDING, _FIRST_FOLDING) != FOLDING or made_as.get(_CONTENT, 1) != CONTENT)
    except (OSError, ValueError, AttributeError):  # whoever opens the index names the fault
        return False


def _refuse_foreign(generation: Path) -> None:
    """Tantivy and Whoosh trust what they map: anyone who can write there could crash our process, or falsify its answers."""
    owners = _trusted(generation.parent.resolve().parent)
    for path in (generation.parent, generation, *generation.iterdir()):
        try:
            state = path.lstat()
        except FileNotFoundError:  # a writer has just replaced it
            continue
        # A umask of 002 is usual where each user has a group of their own: that group may write.
        foreign = 0o002 if state.st_gid == os.getegid() else 0o022
        if state.st_uid not in owners:
            raise IndexUnusable(
                _("index {path}: it belongs to another user; run the command as the user who owns the archive").format(path=path)
            )
        if state.st_mode & foreign and not stat.S_ISLNK(state.st_mode):
            raise IndexUnusable(
                _("index {path}: writable by others; its owner must be this user, and others must not write").format(path=path)
            )


def _trusted(place: Path) -> set[int]:
    """Whose files are read: root's, this user's, and those of whoever alone decides about the folder in which the index is; root trusts nobody else.

    Readers of an archive that belongs to another user read that user's database too.
    """
    user, state = os.geteuid(), place.stat()
    return {0, user, *([] if user == 0 or state.st_mode & 0o022 else [state.st_uid])}


def note_written(generation: Path, names: Iterable[str]) -> None:
    """Note size and time of the files as a commit left them: whoever opens the index compares the bytes of those that differ."""
    states = {name: state for name in names if (state := _state(generation / name)) is not None}
    temporary = generation / f"{WRITTEN_FILE}.tmp"
    temporary.write_text(json.dumps({"files": states, "crc": _crc(states)}), encoding="ascii")
    os.replace(temporary, generation / WRITTEN_FILE)


def changed_in(folder: Path) -> set[str] | None:
    """Names of the current generation's files that were written to since the last commit, or copied.

    Empty for an index of before files were noted; None, which is all of them, where the note is damaged.
    """
    generation = folder / _current_name(folder)
    noted = _noted(generation)
    if noted is None:
        return None if (generation / WRITTEN_FILE).exists() else set()
    return {name for name, state in noted.items() if _state(generation / name) not in (None, state)}


def refuse_damaged(folder: Path, damaged_files: Callable[[Path, set[str] | None], Iterable[str]]) -> None:
    """Raise IndexUnusable when a file that was written to since the last commit, or copied, has other bytes: its answers would be wrong.

    Costs one stat a file, and reading those that differ (1.7 GB a second). Damage that leaves no trace in the file system is found by verify.
    """
    changed = changed_in(folder)
    if damaged := [] if changed == set() else list(damaged_files(folder, changed)):
        raise IndexUnusable(
            _("index {folder}: {names}: its bytes are not those that were written").format(folder=folder, names=", ".join(damaged[:3]))
        )


def note_is_damaged(folder: Path) -> bool:
    """Whether the note of the current generation is not as a commit left it, or is gone: then damage to its files could be answered from."""
    generation = folder / _current_name(folder)
    try:
        made_as = json.loads((generation / VERSION_FILE).read_text(encoding="ascii"))
        return int(made_as.get(_CONTENT, 1)) >= _NOTED and _noted(generation) is None
    except (OSError, ValueError, AttributeError, TypeError):  # whoever opens the index names the fault
        return False


def _noted(generation: Path) -> Mapping[str, list[int]] | None:
    """The note; None when it is missing or damaged."""
    try:
        note = json.loads((generation / WRITTEN_FILE).read_text(encoding="ascii"))
        files: Mapping[str, list[int]] = note["files"]
        return files if note["crc"] == _crc(files) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _crc(states: Mapping[str, list[int]]) -> int:
    return zlib.crc32(json.dumps(states).encode("ascii"))


def _state(path: Path) -> list[int] | None:
    try:
        found = path.stat()
    except OSError:
        return None  # a writer has just replaced it, or another file names it: whoever opens it will say so
    return [found.st_size, found.st_mtime_ns]


def new_generation(folder: Path, made_as: Format) -> Path:
    """An empty folder for a further generation; generations that never became current are removed."""
    _refuse_other_use(folder)
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    keep = _current_name(folder)
    numbers = [0]
    for path in _generations(folder):
        numbers.append(int(path.name[2:]))
        if path.name != keep:
            _remove(path)
    generation = folder / f"g-{max(numbers) + 1:06d}"
    generation.mkdir(mode=0o755)
    (generation / VERSION_FILE).write_text(json.dumps({**made_as, _FOLDING: FOLDING, _CONTENT: CONTENT}), encoding="ascii")
    return generation


def _refuse_other_use(folder: Path) -> None:
    """Raise IndexUnusable for a folder with things in it that is no index: they are somebody else's."""
    others = [path for path in folder.iterdir() if path.name != PAST or not (path / CURRENT).is_file()] if folder.is_dir() else []
    if others and not (folder / CURRENT).is_file() and not _generations(folder):
        raise IndexUnusable(
            _("index {folder}: the folder contains other files and no index; name an empty or a new folder").format(folder=folder)
        )


def _generations(folder: Path) -> list[Path]:
    """The generations in a folder. Others have names that begin with g- too: ours have a number and a version."""
    return [path for path in folder.glob("g-*") if _NAME.fullmatch(path.name) and not path.is_symlink() and _is_ours(path)]


def _is_ours(generation: Path) -> bool:
    return generation.is_dir() and ((generation / VERSION_FILE).is_file() or not any(generation.iterdir()))


def _current_name(folder: Path) -> str:
    try:
        return (folder / CURRENT).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def make_current(folder: Path, generation: Path) -> None:
    """Make the generation the current one, durably and atomically; the earlier ones are removed."""
    sync_tree(generation)
    temporary = folder / f"{CURRENT}.tmp"
    with temporary.open("w", encoding="ascii") as handle:
        handle.write(generation.name)
        handle.flush()
        os.fchmod(handle.fileno(), 0o644)
        os.fsync(handle.fileno())
    os.replace(temporary, folder / CURRENT)
    _sync(folder)
    for path in _generations(folder):
        if path.name != generation.name:
            _remove(path)


def _remove(path: Path) -> None:
    import shutil  # it loads all compressors: a search starts faster without it

    shutil.rmtree(path, ignore_errors=True)


def sync_tree(folder: Path, pattern: str = "*") -> None:
    """Sync every file of a folder that matches the pattern, and the folder itself, to the device: Whoosh never does."""
    for path in folder.glob(pattern):
        if path.is_file():
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    """Sync a file's bytes or a folder's entries to the device; nobody but their owner may write them from now on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        state = os.fstat(descriptor)
        if state.st_mode & 0o022 and state.st_uid == os.geteuid():
            os.fchmod(descriptor, stat.S_IMODE(state.st_mode) & ~0o022)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
