"""Members of ZIP, 7z and RAR archives, unpacked into memory; none is ever written to the disk."""

from __future__ import annotations

import io
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

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
    import py7zr
    from py7zr.exceptions import PasswordRequired
    from py7zr.io import BytesIOFactory

    try:
        with py7zr.SevenZipFile(io.BytesIO(body)) as archive:
            if archive.needs_password():
                raise Encrypted
            files = [info for info in archive.list() if not info.is_directory]
            if len(files) > MAX_MEMBERS:
                raise TooLarge(f"{len(files)} members")
            check_ratio("the archive", len(body), sum(info.uncompressed for info in files))
            for info in files:
                budget.take(info.uncompressed)
            unpacked = BytesIOFactory(MAX_UNPACKED)
            archive.extract(factory=unpacked)
    except PasswordRequired as error:
        raise Encrypted from error
    for name, file in unpacked.products.items():
        yield name, file.read


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
        with RarArchive.open_for_processing(f"/proc/self/fd/{file}") as archive:
            yield from _rar_members(archive, len(body), budget)
    except BadRarPassword as error:
        raise Encrypted from error
    finally:
        os.close(file)


def _rar_members(archive: _RarArchive, packed: int, budget: Budget) -> Iterator[tuple[str, Load]]:
    """Members in one pass: in a solid archive each needs all those before it."""
    from unrar.cffi.unrarlib import FLAGS_RHDF_DIRECTORY

    count = 0
    for header in archive.iterate_headers():
        if header.Flags & FLAGS_RHDF_DIRECTORY:
            header.skip()
            continue
        count += 1
        if count > MAX_MEMBERS:
            raise TooLarge(f"more than {MAX_MEMBERS} members")
        name, size = _rar_name(header), header.UnpSize + (header.UnpSizeHigh << 32)
        taken: list[bytes | Exception] = []
        try:
            check_ratio(name, packed, size)
            budget.take(size)
            with native_reader():
                taken.append(_rar_member(header))
        except Exception as error:  # handed on to whoever loads the member
            taken.append(error)
            if isinstance(error, TooLarge):
                header.skip()
        yield name, lambda taken=taken: _given(taken[0])  # type: ignore[misc]
    if not count:
        raise ValueError("a RAR archive without members")


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
