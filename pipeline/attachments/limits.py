"""Bounds that every reader keeps, and the three outcomes that are not a damaged file."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from lxml import etree

MAX_TEXT = 20_000_000
MAX_PAGES = 5_000
MAX_MEMBERS = 2_000
MAX_UNPACKED = 200 << 20


class Encrypted(Exception):
    """The file asks for a password."""


class TooLarge(Exception):
    """The file unpacks to more than the bounds allow."""


class Unsupported(Exception):
    """The format, or this variant of it, has no reader."""


def opened_zip(body: bytes) -> zipfile.ZipFile:
    """A ZIP whose members together stay within bounds. Raises TooLarge or Encrypted."""
    archive = zipfile.ZipFile(io.BytesIO(body), metadata_encoding="gb18030")
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise TooLarge(f"{len(members)} members")
    total = sum(m.file_size for m in members)
    if total > MAX_UNPACKED:
        raise TooLarge(f"unpacks to {total} bytes")
    if any(m.flag_bits & 1 for m in members):
        raise Encrypted
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member's bytes, within bounds whatever its header claims. Raises TooLarge."""
    with archive.open(name) as handle:
        data = handle.read(MAX_UNPACKED + 1)
    if len(data) > MAX_UNPACKED:
        raise TooLarge(f"{name} unpacks to more than {MAX_UNPACKED} bytes")
    return data


def xml(data: bytes) -> Any:
    """The tree of an XML member; entities are not expanded, nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(data, parser)
