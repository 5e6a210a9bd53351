"""Files in archives: each member is read like a file of its own."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from pipeline.attachments.limits import MAX_MEMBERS, MAX_UNPACKED, Encrypted, TooLarge, member, opened_zip

_DEPTH = 2
_RAR_ENCRYPTED = 0x04
_depth = [0]


def zip_members(body: bytes) -> list[str]:
    """A page for each member: its name, then its text."""
    with opened_zip(body) as archive:
        return [page for name in archive.namelist() if not name.endswith("/") for page in _pages(name, member(archive, name))]


def seven_members(body: bytes) -> list[str]:
    """A page for each member of a 7z archive: its name, then its text."""
    import py7zr

    with py7zr.SevenZipFile(io.BytesIO(body)) as archive:
        if archive.needs_password():
            raise Encrypted
        info = archive.archiveinfo()
        if info.uncompressed > MAX_UNPACKED or len(archive.getnames()) > MAX_MEMBERS:
            raise TooLarge(f"unpacks to {info.uncompressed} bytes in {len(archive.getnames())} members")
        with tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder)
            files = sorted(p for p in Path(folder).rglob("*") if p.is_file() and not p.is_symlink())
            return [page for path in files for page in _pages(str(path.relative_to(folder)), path.read_bytes())]


def rar_members(body: bytes) -> list[str]:
    """A page for each member of a RAR archive: its name, then its text."""
    from unrar.cffi import rarfile

    with tempfile.NamedTemporaryFile(suffix=".rar") as file:
        file.write(body)
        file.flush()
        archive = rarfile.RarFile(file.name)
        members = [m for m in archive.infolist() if not m.is_dir()]
        if not members:
            raise ValueError("a RAR archive without members")
        total = sum(m.file_size for m in members)
        if total > MAX_UNPACKED or len(members) > MAX_MEMBERS:
            raise TooLarge(f"unpacks to {total} bytes in {len(members)} members")
        if any(m.flag_bits & _RAR_ENCRYPTED for m in members):
            raise Encrypted
        return [page for m in members for page in _pages(m.filename, archive.read(m.filename))]


def _pages(name: str, body: bytes) -> list[str]:
    from pipeline.attachments.read import read_attachment

    if _depth[0] >= _DEPTH:
        return [name]
    _depth[0] += 1
    try:
        found = read_attachment(body, name)
    finally:
        _depth[0] -= 1
    return [f"{name}\n{page}" for page in found.pages] or [name]
