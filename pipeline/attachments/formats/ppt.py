"""Binary PowerPoint files (also WPS .dps): the text atoms of each slide ([MS-PPT] 2.3.1, 2.9.39-2.9.44)."""

from __future__ import annotations

import io
import struct
from itertools import zip_longest

from notices.attachment import AttachmentText
from pipeline.attachments.limits import Encrypted, joined, text_result

_SLIDE, _NOTES, _MASTER, _OUTLINE, _OUTLINE_SLIDE = 0x03EE, 0x03F0, 0x03F8, 0x0FF0, 0x03F3
_TEXT_16, _TEXT_8 = 0x0FA0, 0x0FA8
_CONTAINER = 0xF
_ENCRYPTED_USER = 0xF3D1C4DF


def ppt(body: bytes) -> AttachmentText:
    """Each slide as a page: its outline text, then its other boxes; the notes are at the end."""
    import olefile

    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        stream = ole.openstream("PowerPoint Document").read()
        user = ole.openstream("Current User").read() if ole.exists("Current User") else b""
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_USER:
        raise Encrypted
    texts = _texts(stream)
    slides = zip_longest(texts[_OUTLINE_SLIDE], texts[_SLIDE], fillvalue=())
    return text_result([*(joined([*outline, *boxes]) for outline, boxes in slides), *filter(None, map(joined, texts[_NOTES]))])


def _texts(stream: bytes) -> dict[int, list[list[str]]]:
    """Texts by slide: of the outline, of the slides themselves, of the notes. Containers are entered by reading on behind their head."""
    texts: dict[int, list[list[str]]] = {_OUTLINE_SLIDE: [], _SLIDE: [], _NOTES: []}
    into: list[str] = []
    at = 0
    while at + 8 <= len(stream):
        version, kind, length = struct.unpack_from("<HHI", stream, at)
        at += 8
        if kind in texts:
            into = []
            texts[kind].append(into)
        elif kind == _OUTLINE and version >> 4:  # an outline of masters or notes
            at += length
        elif kind in (_TEXT_16, _TEXT_8):
            into.append(stream[at : at + length].decode("utf-16-le" if kind == _TEXT_16 else "cp1252", "replace").replace("\r", "\n"))
        if kind == _MASTER or version & 0xF != _CONTAINER:
            at += length
    return texts
