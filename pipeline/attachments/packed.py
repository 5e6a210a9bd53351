"""Members of ZIP, 7z and RAR archives, unpacked into memory; none is ever written to the disk."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, cast

from pipeline.attachments.limits import (
    MAX_MEMBERS,
    MAX_UNPACKED,
    Budget,
    Encrypted,
    TooLarge,
    Unsupported,
    check_ratio,
    member,
    native_reader,
)

if TYPE_CHECKING:
    from py7zr import SevenZipFile
    from py7zr.py7zr import ArchiveFile


class _RarHeader(Protocol):
    """The header of a member, as unrar's cffi binding gives it."""

    FileNameW: str
    Flags: int
    UnpSize: int
    UnpSizeHigh: int

    def skip(self) -> None: ...
    def test(self, callback: Callable[[bytes], None]) -> None: ...


class _RarArchive(Protocol):
    def iterate_headers(self) -> Iterator[_RarHeader]: ...


Load = Callable[[], bytes]  # raises what reading a member may raise
_FURNITURE = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.I)
_UTF8_NAME = 0x800
_ENCRYPTED = 1
_RAR_SOLID = 0x10  # RHDF_SOLID of unrar's dll.hpp


def members(kind: str, body: bytes, budget: Budget) -> Iterator[tuple[str, Load]]:
    """The name of each file in the archive and how to load it. Raises Encrypted, TooLarge, or what its library raises."""
    readers = {"zip": _zip, "7z": _seven, "rar": _rar}
    for name, load in readers[kind](body, budget):
        if not _FURNITURE.search(name):
            yield name, load


def _zip(body: bytes, budget: Budget) -> Iterator[tuple[str, Load]]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = [info for info in archive.infolist() if not info.is_dir()]
        if len(files) > MAX_MEMBERS:
            raise TooLarge(f"{len(files)} members")
        for info in files:
            yield _zip_name(info), lambda info=info: _zip_member(archive, info, budget)  # type: ignore[misc]


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Names without the UTF-8 flag are UTF-8 (macOS) or GBK (Windows), whatever the standard says."""
    if info.flag_bits & _UTF8_NAME:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
        return _decoded(raw)
    except UnicodeEncodeError:
        return info.filename


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise Encrypted
    check_ratio(info.filename, info.compress_size, info.file_size)
    budget.take(info.file_size)
    try:
        return member(archive, info)
    except NotImplementedError as error:
        raise Unsupported(str(error)) from error
    except zlib.error as error:
        raise ValueError(str(error)) from error


def _seven(body: bytes, budget: Budget) -> Iterator[tuple[str, Load]]:
    """Members in one pass where all is well; after a failure the folders of members behind it are unpacked on their own."""
    import py7zr

    with py7zr.SevenZipFile(io.BytesIO(body)) as archive:
        if archive.needs_password():
            raise Encrypted
        entries = [entry for entry in archive.files if not entry.is_directory]
        if len(entries) > MAX_MEMBERS:
            raise TooLarge(f"{len(entries)} members")
        check_ratio("the archive", len(body), sum(entry.uncompressed for entry in entries))
        unpacking = _Unpacking(archive, entries, budget)
        unpacking.run()
    for name, taken in zip(unpacking.names, unpacking.taken, strict=True):
        yield name, lambda taken=taken: _given(taken)  # type: ignore[misc]


class _Unpacking:
    """Members of a 7z archive, each as its bytes or as the reason why it cannot be read.

    py7zr stops at the first member whose checksum is wrong, and refuses names that lead out of a folder. So it is told neither: it
    unpacks members by number, without checksums, and those are compared here.
    """

    def __init__(self, archive: SevenZipFile, entries: list[ArchiveFile], budget: Budget) -> None:
        self.names = [entry.filename for entry in entries]
        self.taken: list[bytes | Exception] = [ValueError("the archive ends before this member")] * len(entries)
        self._archive, self._entries = archive, entries
        self._checksums = [entry.crc32 for entry in entries]
        self._left: list[int] = []
        for number, entry in enumerate(entries):
            cast("dict[str, object]", entry.file_properties()).update(filename=str(number), digest=None)
            try:
                budget.take(entry.uncompressed)
                self._left.append(number)
            except TooLarge as error:
                self.taken[number] = error

    def run(self) -> None:
        """Unpack pass by pass until each member is done or lost; a pass without a failure is the last one."""
        while self._left:
            failure, reached = self._pass()
            if failure is None:
                return
            lost = self._entries[reached if reached in self._left else self._left[0]].folder
            for number in [n for n in self._left if self._entries[n].folder is lost]:
                self.taken[number] = failure
                self._left.remove(number)
            self._archive.reset()

    def _pass(self) -> tuple[Exception | None, int]:
        """Unpack the members that are left, and keep those that came whole: what stopped it, and the member that it had reached."""
        from py7zr.io import BytesIOFactory

        unpacked, failure = BytesIOFactory(MAX_UNPACKED), None
        try:
            with native_reader():
                self._archive.extract(targets=[str(number) for number in self._left], factory=unpacked)
        except Exception as error:  # handed on to whoever loads the members that it costs
            failure = error
        for name, product in unpacked.products.items():
            number = int(name)
            if product.size() == self._entries[number].uncompressed:
                self.taken[number] = _checked(product.read(), self._checksums[number])
                self._left.remove(number)
        return failure, int(next(reversed(unpacked.products), "-1"))


def _checked(data: bytes, checksum: int | None) -> bytes | Exception:
    return data if checksum is None or zlib.crc32(data) == checksum else ValueError("the checksum of the member is wrong")


def _rar(body: bytes, budget: Budget) -> Iterator[tuple[str, Load]]:
    try:
        from os import memfd_create

        from unrar.cffi.unrarlib import BadRarPassword, RarArchive
    except ImportError as error:  # no wheel for this machine, or no files in memory
        raise Unsupported("no reader for RAR is installed") from error
    file = memfd_create("attachment.rar")
    try:
        with open(file, "wb", closefd=False) as handle:
            handle.write(body)
        place = f"/proc/self/fd/{file}"
        solid = bool(budget.left_out) and _is_solid(place)
        with RarArchive.open_for_processing(place) as archive:
            yield from _rar_members(archive, len(body), budget, solid=solid)
    except BadRarPassword as error:
        raise Encrypted from error
    finally:
        os.close(file)


def _is_solid(place: str) -> bool:
    """Whether members of the archive need those before them, as the head of each says."""
    from unrar.cffi.unrarlib import RarArchive  # not installed where there is no wheel

    with RarArchive.open_for_metadata(place) as archive:
        for header in archive.iterate_headers():
            if header.Flags & _RAR_SOLID:
                return True
            header.skip()
    return False


def _rar_members(archive: _RarArchive, packed: int, budget: Budget, *, solid: bool) -> Iterator[tuple[str, Load]]:
    """Members in one pass, each unpacked when it is loaded: in a `solid` archive the library cannot pass over one without unpacking it."""
    from unrar.cffi.unrarlib import FLAGS_RHDF_DIRECTORY

    count = 0
    for header in archive.iterate_headers():
        if header.Flags & FLAGS_RHDF_DIRECTORY:
            header.skip()
            continue
        count += 1
        if count > MAX_MEMBERS:
            raise TooLarge(f"more than {MAX_MEMBERS} members")
        member = _RarMember(header, packed, budget)
        yield _rar_name(header), member.load
        if member.is_passed_over:
            if solid:
                yield "…", lambda: _given(ValueError("a solid archive: the members behind need the one that cannot be read"))
                return
            header.skip()
    if not count:
        raise ValueError("a RAR archive without members")


class _RarMember:
    """A member that the library has come to."""

    def __init__(self, header: _RarHeader, packed: int, budget: Budget) -> None:
        self._header, self._packed, self._budget = header, packed, budget
        self.is_passed_over = True

    def load(self) -> bytes:
        """Its bytes. Raises TooLarge, Encrypted, or what the library raises."""
        size = self._header.UnpSize + (self._header.UnpSizeHigh << 32)
        check_ratio(_rar_name(self._header), self._packed, size)
        self._budget.take(size)
        self.is_passed_over = False
        return _rar_member(self._header)


def _rar_name(header: _RarHeader) -> str:
    return header.FileNameW.replace("\\", "/")


def _rar_member(header: _RarHeader) -> bytes:
    from unrar.cffi.unrarlib import BadRarPassword

    chunks: list[bytes] = []
    try:
        header.test(chunks.append)
    except BadRarPassword as error:
        raise Encrypted from error
    return b"".join(chunks)


def _given(taken: bytes | Exception) -> bytes:
    if isinstance(taken, Exception):
        raise taken
    return taken
