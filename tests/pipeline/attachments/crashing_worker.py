"""A reading process whose reader of plain text and whose unpackers crash, as a native library may, on a content that asks for it."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

import py7zr

from notices.attachment import AttachmentText
from pipeline.attachments import packed
from pipeline.attachments.formats import markup
from pipeline.attachments.worker import main

_plain, _rar_member, _extract = markup.plain, packed._rar_member, py7zr.SevenZipFile.extract


def _crashing(body: bytes, *rest: Any) -> AttachmentText:
    if b"CRASH" in body:
        ctypes.string_at(0)
    return _plain(body, *rest)


def _crashing_rar(header: Any) -> bytes:
    if b"CRASH IN THE UNPACKER" in (data := _rar_member(header)):
        ctypes.string_at(0)
    return data


def _crashing_seven(archive: Any, *rest: Any, factory: Any, **more: Any) -> None:
    _extract(archive, *rest, factory=factory, **more)
    if any(b"CRASH IN THE UNPACKER" in product.read() for product in factory.products.values()):
        ctypes.string_at(0)


if __name__ == "__main__":
    markup.plain, packed._rar_member = _crashing, _crashing_rar
    py7zr.SevenZipFile.extract = _crashing_seven  # type: ignore[method-assign]
    sys.exit(main())
