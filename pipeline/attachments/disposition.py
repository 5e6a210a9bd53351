"""The name that a server gives a file (Content-Disposition, RFC 6266), also where it writes it as browsers take it: in raw UTF-8 or GBK."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from notices.text.charset import encoding_of
from notices.text.html import one_line

_EXTENDED = re.compile(r"filename\*\s*=\s*\"?([\w.-]{1,40})'[\w-]{0,20}'([^;\"\s]{1,1000})", re.I)
_PLAIN = re.compile(r"filename\s*=\s*(?:\"((?:[^\"\\]|\\.){1,1000})\"|([^;]{1,1000}))", re.I)
_MOST = 300


def disposition_name(header: str | None) -> str | None:
    """The file's name without folders, from the header's value as HTTP carries it (its bytes as Latin-1); None where it names none."""
    if not header:
        return None
    if extended := _EXTENDED.search(header):
        return _bare(_decoded(unquote_to_bytes(extended[2]), extended[1]))
    if plain := _PLAIN.search(header):
        value = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] else plain[2]
        raw = value.encode("latin-1", "ignore")
        return _bare(_decoded(unquote_to_bytes(raw) if b"%" in raw else raw, None))
    return None


def _decoded(raw: bytes, label: str | None) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(encoding_of(label or "") or "gb18030", "replace")


def _bare(name: str) -> str | None:
    return one_line(re.split(r"[/\\]", name)[-1])[:_MOST] or None
