"""The id of an archive, and how each of its parts names the archive that it belongs to: home, keys and index by a marker, the series in its records.

The id is made once, with the tables. A part that names another archive is refused: a copy of an archive never works on the parts of the first.
An archive that follows another names that one too, in a file: it takes in nothing else.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from notices.errors import ArchiveUnwritable, ForeignPart, UserError
from notices.text.language import _

MARKER, FOLLOWED = "archive-id", "followed.json"
_PART_OF = re.compile(rb"^isPartOf: urn:uuid:([0-9a-f-]{36})\r$", re.MULTILINE)
_ID = re.compile(r"[0-9a-f-]{36}")
_HEAD = 4096  # bytes; the first record has a few hundred


@dataclass(frozen=True, slots=True)
class Owner:
    """To whom an index belongs: an archive (its id, "" when not known) in a home."""

    archive: str
    home: Path


def read_marker(folder: Path) -> str:
    """What the folder's marker states; "" without one."""
    try:
        return (folder / MARKER).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write_marker(folder: Path, stated: str) -> None:
    """Write the folder's marker, durably. Raises OSError as it comes."""
    temporary = folder / f"{MARKER}.{os.getpid()}.tmp"
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(f"{stated}\n")
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(temporary, folder / MARKER)


def series_archive(folder: Path) -> str:
    """The archive that the newest file of a WARC series names in its first record; "" for a series of an earlier release, or none."""
    for path in sorted(folder.glob("notices-*.warc.gz.open")) or sorted(folder.glob("notices-*.warc.gz"))[-1:]:
        try:
            with path.open("rb") as handle:
                head = zlib.decompressobj(31).decompress(handle.read(_HEAD))
        except (OSError, zlib.error):
            continue  # verify names it
        found = _PART_OF.search(head)
        if found:
            return found[1].decode("ascii")
    return ""


def check_part(folder: Path, stated: str, archive: str, part: str) -> bool:
    """Whether the part states this archive; False when it states none. Raises ForeignPart for another's."""
    if stated and stated != archive:
        raise ForeignPart(
            _("{part} {folder} belongs to archive {stated}, the database to archive {archive}: parts of two archives are mixed").format(
                part=part, folder=folder, stated=stated, archive=archive
            )
        )
    return bool(stated)


def index_marker(owner: Owner, index: Path) -> str:
    """What the marker of an index states: the archive, and its home, which is "." for an index that is located in it and moves with it."""
    home = owner.home.resolve()
    return f"{owner.archive} {'.' if index.resolve().is_relative_to(home) else home}"


def check_index(owner: Owner, index: Path) -> bool:
    """Whether the index is this archive's; False when it names nobody. Raises ForeignPart for an index of another archive or home."""
    stated = read_marker(index)
    if not stated:
        return False
    archive, _blank, home = stated.partition(" ")
    if archive and not _ID.fullmatch(archive):
        return False  # the marker is damaged: it names nobody
    wanted, _blank, mine = index_marker(owner, index).partition(" ")
    if (wanted and archive != wanted) or home != mine:
        theirs = index.parent if home == "." else home
        raise ForeignPart(
            _(
                "index {index} belongs to archive {archive} in {theirs}, not to archive {wanted} in {home}; build an "
                "index of its own: notices index --rebuild --to {address}"
            ).format(
                index=index,
                archive=archive,
                theirs=theirs,
                wanted=wanted or _("(without an id)"),
                home=owner.home,
                address="tantivy:tantivy" if "tantivy" in index.name else "whoosh:index",
            )
        )
    return True


@dataclass(frozen=True, slots=True)
class Followed:
    """The other archive: where it was found first, its id, and the public key of its checkpoints (name+hash+base64)."""

    url: str
    archive: str
    public_key: str

    def as_bytes(self) -> bytes:
        """The file's content."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode() + b"\n"


def read_followed(folder: Path) -> Followed | None:
    """The archive that the file in this folder names; None where none is followed. Raises ArchiveUnwritable for a file that cannot be read."""
    file = folder / FOLLOWED
    try:
        values = json.loads(file.read_bytes())
        return Followed(str(values["url"]), str(values["archive"]), str(values["public_key"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveUnwritable(
            _("{file}: it does not name the archive that is followed: {error}").format(file=file, error=error)
        ) from error


def refuse_if_following(folder: Path) -> None:
    """Raise UserError where this archive follows another: what it took in from elsewhere would take the numbers of the other's notices."""
    followed = read_followed(folder)
    if followed is not None:
        raise UserError(
            _("this archive follows {url}: it contains what the other contains, and takes in nothing else (docs/follow.md)").format(
                url=followed.url
            )
        )
