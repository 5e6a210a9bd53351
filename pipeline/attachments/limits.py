"""Bounds that every reader keeps, and the outcomes that are not a damaged file."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from lxml import etree

from notices.attachment import AttachmentText

MAX_TEXT = 20_000_000  # characters of one file
MAX_PAGES = 5_000
MAX_MEMBERS = 2_000  # of one file, nested archives included
MAX_UNPACKED = 200 << 20
MAX_XML = 64 << 20  # a tree takes about ten times its source
MAX_DEPTH = 3  # archives within archives
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_MAX_RATIO = 300  # XML packs about 20 : 1, a bomb 1000 : 1
_RATIO_FROM = 8 << 20


class Encrypted(Exception):
    """The file asks for a password."""


class TooLarge(Exception):
    """The file unpacks to more than the bounds allow."""


class Unsupported(Exception):
    """The format, or this variant of it, has no reader."""


class Panicked(Exception):
    """A native reader gave up on the file with an exception that is not an Exception."""


@contextmanager
def native_reader() -> Iterator[None]:
    """Code of a native library in the block: whatever it raises is an Exception outside, but for what ends a process.

    pyo3 (python-calamine, seen on a damaged .xls) turns a Rust panic into a BaseException, which `except Exception` lets through.
    """
    try:
        yield
    except (Exception, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise Panicked(f"{type(error).__name__}: {error}") from error


class Damage:
    """The parts of one file (pages, slides, sheets) of which some cannot be read: damage costs its part, not the file."""

    def __init__(self) -> None:
        self._parts = 0
        self.failed: list[str] = []

    @contextmanager
    def costs(self, part: str, *, counts: bool = True) -> Iterator[None]:
        """The block reads this part; an error ends the block and is noted, but for a bound of the whole file.

        `counts`: whether it is one of the parts even if it is read.
        """
        self._parts += counts
        try:
            with native_reader():
                yield
        except (TooLarge, Encrypted, MemoryError):
            raise
        except Exception as error:
            self._parts += not counts
            self.failed.append(f"{part}: {type(error).__name__}: {error}"[:300])

    def detail(self, parts: str) -> str | None:
        """How many of the parts cannot be read, and why the first one cannot; None if all can. Raises ValueError if none can."""
        if self.failed and len(self.failed) == self._parts:
            raise ValueError(f"none of {self._parts} {parts} can be read: {self.failed[0]}")
        return f"{len(self.failed)} of {self._parts} {parts} cannot be read: {self.failed[0]}" if self.failed else None


@dataclass(slots=True)
class Budget:
    """What one attached file may still unpack, its nested archives included.

    Members are numbered in the order in which they are read: `begin` is told of each, those in `left_out` are not read.
    """

    unpacked: int = MAX_UNPACKED
    members: int = MAX_MEMBERS
    depth: int = 0
    begin: Callable[[int], None] | None = None
    left_out: Collection[int] = ()
    number: int = -1

    def begin_member(self) -> bool:
        """Number the next member; whether it is to be read."""
        self.number += 1
        if self.number in self.left_out:
            return False
        if self.begin is not None:
            self.begin(self.number)
        return True

    def take(self, size: int) -> None:
        """Count a member in. Raises TooLarge, and takes nothing, when it does not fit."""
        if self.members < 1:
            raise TooLarge(f"more than {MAX_MEMBERS} members")
        if size > self.unpacked:
            raise TooLarge(f"unpacks to more than {MAX_UNPACKED} bytes")
        self.members -= 1
        self.unpacked -= size


def text_result(pages: Sequence[str], detail: str | None = None) -> AttachmentText:
    """Text that was read, by pages; the caller knows the format."""
    return AttachmentText(pages=tuple(pages), detail=detail)


def check_ratio(name: str, packed: int, unpacked: int) -> None:
    """Raises TooLarge for a member that unpacks to hundreds of times its size."""
    if unpacked > _RATIO_FROM and unpacked > _MAX_RATIO * max(packed, 1):
        raise TooLarge(f"{name} unpacks from {packed} to {unpacked} bytes")


def opened_zip(body: bytes) -> zipfile.ZipFile:
    """The ZIP container of an Office or OFD file; its members together stay within bounds. Raises TooLarge or Encrypted."""
    archive = zipfile.ZipFile(io.BytesIO(body))
    members = archive.infolist()
    budget = Budget()
    for info in members:
        check_ratio(info.filename, info.compress_size, info.file_size)
        budget.take(info.file_size)
    if any(m.flag_bits & 1 for m in members):
        raise Encrypted
    return archive


def member(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo, most: int = MAX_UNPACKED) -> bytes:
    """A member's bytes, within bounds whatever its header claims. Raises TooLarge."""
    with archive.open(name) as handle:
        data = handle.read(most + 1)
    if len(data) > most:
        raise TooLarge(f"a member unpacks to more than {most} bytes")
    return data


def xml(data: bytes) -> etree._Element:
    """The tree of an XML file; entities are not expanded, nothing is fetched. Raises TooLarge."""
    if len(data) > MAX_XML:
        raise TooLarge(f"{len(data)} bytes of XML")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True)
    return etree.fromstring(data, parser)


def xml_member(archive: zipfile.ZipFile, name: str) -> etree._Element:
    """The tree of an XML member. Raises TooLarge."""
    return xml(member(archive, name, MAX_XML))


def relations(archive: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part of an Office file refers to: a relation's id to the member's name."""
    folder, name = posixpath.split(part)
    try:
        root = xml_member(archive, f"{folder}/_rels/{name}.rels")
    except KeyError:
        return {}
    return {r.get("Id") or "": _within(folder, r.get("Target") or "") for r in root.iter("{*}Relationship")}


def _within(folder: str, target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def joined(pieces: Sequence[str]) -> str:
    """Lines without blanks at their ends; empty lines left out."""
    return "\n".join(line for line in (one.strip() for piece in pieces for one in piece.split("\n")) if line)
