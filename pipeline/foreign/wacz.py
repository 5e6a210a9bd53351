"""A WACZ package (WACZ 1.1.1): a ZIP with WARC files in archive/ and a datapackage.json that states the length and SHA-256 of each."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from notices.errors import BadInput
from notices.text.language import _
from pipeline.foreign.answers import PassedOver, Tell
from pipeline.foreign.stretch import Stretch

_MANIFEST, _MANIFEST_DIGEST = "datapackage.json", "datapackage-digest.json"
_LARGEST_MANIFEST = 64 << 20
_LOCAL_HEAD = 30
_ENDINGS = (".warc", ".warc.gz")


def warc_files(path: Path, handle: BinaryIO, spool: BinaryIO, tell: Tell) -> Iterator[Stretch]:
    """The WARC files of the package whose bytes are those that it states; the others are told. A compressed one is unpacked into `spool`.

    Raises BadInput for a file that is not a WACZ package, or one whose datapackage.json is not the one that was packed.
    """
    try:
        with zipfile.ZipFile(handle) as package:
            stated = _resources(path, package)
            names = {info.filename: info for info in package.infolist() if not info.is_dir()}
            for name in sorted({each for each in {*names, *stated} if each.startswith("archive/") and each.endswith(_ENDINGS)}):
                shown = f"{path.name}/{name}"
                wrong = _wrong(package, names.get(name), stated.get(name))
                if wrong:
                    tell(PassedOver(shown, "", wrong, bad=True))
                else:
                    yield _stretch(shown, package, names[name], handle, spool)
            if not any(each.startswith("archive/") and each.endswith(_ENDINGS) for each in {*names, *stated}):
                raise BadInput(_("{path}: the package contains no WARC file in archive/").format(path=path))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, struct.error) as error:
        raise BadInput(_("{path}: not a WACZ package: {error}").format(path=path, error=error)) from error


def _resources(path: Path, package: zipfile.ZipFile) -> dict[str, tuple[str, int | None]]:
    """Digest and length of each file, as the package states them."""
    raw = _small(path, package, _MANIFEST)
    if raw is None:
        raise BadInput(_("{path}: not a WACZ package: it has no {file}").format(path=path, file=_MANIFEST))
    digest = _small(path, package, _MANIFEST_DIGEST)
    try:
        if digest is not None:
            stated = json.loads(digest).get("hash")
            if stated and not _same(stated, raw):
                raise BadInput(
                    _("{path}: {file} is not the one that was packed: {digest_file} states {stated}; nothing was taken").format(
                        path=path, file=_MANIFEST, digest_file=_MANIFEST_DIGEST, stated=stated
                    )
                )
        found = json.loads(raw)
        if str(found.get("profile", "")) == "multi-wacz-package":
            raise BadInput(_("{path}: a package of packages; import each of them").format(path=path))
        return {str(each["path"]): (str(each.get("hash", "")), each.get("bytes")) for each in found["resources"]}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput(
            _("{path}: {file} cannot be read: {kind}: {error}").format(path=path, file=_MANIFEST, kind=type(error).__name__, error=error)
        ) from error


def _small(path: Path, package: zipfile.ZipFile, name: str) -> bytes | None:
    try:
        info = package.getinfo(name)
    except KeyError:
        return None
    if info.file_size > _LARGEST_MANIFEST:
        raise BadInput(
            _("{path}: {name} has {size} bytes; {most} are read").format(path=path, name=name, size=info.file_size, most=_LARGEST_MANIFEST)
        )
    return package.read(info)


def _same(stated: str, data: bytes) -> bool:
    name, _, value = stated.partition(":")
    return name == "sha256" and hashlib.sha256(data).hexdigest() == value.strip().lower()


def _wrong(package: zipfile.ZipFile, info: zipfile.ZipInfo | None, stated: tuple[str, int | None] | None) -> str | None:
    """The fault of a WARC file of the package; None without one."""
    if info is None:
        return _("{file} names the file, the package lacks it").format(file=_MANIFEST)
    if stated is None:
        return _("{file} does not name the file").format(file=_MANIFEST)
    digest, length = stated
    name, _sign, value = digest.partition(":")
    if name not in ("sha256", "md5"):
        return _("{file} gives the digest {digest!r}; sha256:… is needed").format(file=_MANIFEST, digest=digest)
    if length is not None and length != info.file_size:
        return _("the file has {size} bytes, {file} states {length}").format(size=info.file_size, file=_MANIFEST, length=length)
    counted = hashlib.new(name, usedforsecurity=False)
    try:
        with package.open(info) as member:
            while piece := member.read(1 << 20):
                counted.update(piece)
    except (zipfile.BadZipFile, EOFError) as error:
        return _("the file is damaged: {error}").format(error=error)
    wrong = _("the file's digest is not {digest}, which {file} states").format(digest=digest, file=_MANIFEST)
    return None if counted.hexdigest() == value.strip().lower() else wrong


def _stretch(shown: str, package: zipfile.ZipFile, info: zipfile.ZipInfo, handle: BinaryIO, spool: BinaryIO) -> Stretch:
    if info.compress_type == zipfile.ZIP_STORED:
        head = os.pread(handle.fileno(), _LOCAL_HEAD, info.header_offset)
        name_length, extra_length = struct.unpack("<HH", head[26:30])
        return Stretch(shown, handle.fileno(), info.header_offset + _LOCAL_HEAD + name_length + extra_length, info.file_size)
    start = spool.seek(0, os.SEEK_END)
    with package.open(info) as member:
        while piece := member.read(1 << 20):
            spool.write(piece)
    spool.flush()
    return Stretch(shown, spool.fileno(), start, spool.tell() - start)
