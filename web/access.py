"""Who may see the maintainers' pages and write there: names and passwords of a file in the home, or the name that a proxy on this machine has checked.

The file `maintainers` (mode 600) has a line `name:n:r:p:salt:hash` for each, the last two in base64, of scrypt (RFC 7914). Without the file and without the
setting `maintainer_header` there are no such pages.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request

from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _
from pipeline.durable import file_errors, write_durably
from watch.channels import refuse_if_read_by_others

_COST = (1 << 14, 8, 1)  # 16 MB and some 50 ms for each try
_MEMORY = 64 << 20
_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
_SHORTEST = 10  # characters of a password
_MOST_KNOWN = 100
_ASK = {"WWW-Authenticate": 'Basic realm="maintainers", charset="UTF-8"', "Cache-Control": "no-store"}


class Access:
    """The maintainers of one archive, as one process knows them. A password that was right is not calculated again while the file stays the same."""

    def __init__(self, config: Config) -> None:
        self._file, self._header = config.state_paths().maintainers, config.maintainer_header
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._turn = threading.BoundedSemaphore(2)  # passwords that are calculated at once: memory and time are bounded

    def exists(self) -> bool:
        """Whether there are maintainers' pages at all."""
        return bool(self._header) or self._file.is_file()

    def maintainer(self, request: Request) -> str:
        """The name of the maintainer who asks. Raises HTTPException: 404 without such pages, 401 for anybody else."""
        if not self.exists():
            raise HTTPException(404)
        if self._header and _is_local(request) and (name := request.headers.get(self._header, "").strip()):
            return name[:60]
        name = self._by_password(request.headers.get("authorization", ""))
        if not name:
            raise HTTPException(401, headers=_ASK)
        return name

    def _by_password(self, given: str) -> str:
        if not self._file.is_file() or not given.lower().startswith("basic ") or len(given) > 1000:
            return ""
        text = read_file(self._file)
        seen = hashlib.sha256(f"{given}\n{text}".encode()).digest()
        if (name := self._known.get(seen)) is not None:
            return name
        try:
            name, _colon, password = base64.b64decode(given[6:].strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        if not self._turn.acquire(timeout=2):
            raise HTTPException(429)
        try:
            right = _is_right(lines_of(text).get(name), password)
        finally:
            self._turn.release()
        if not right:
            return ""
        self._known[seen] = name
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return name


def _is_local(request: Request) -> bool:
    """Whether a proxy on this machine asks: the header of anybody else says nothing."""
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def is_own_form(headers: Headers, is_ours: bool) -> bool:
    """Whether a POST comes from a page of this site, or from no page at all: browsers say from where, and send passwords along from everywhere."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return is_ours if "origin" in headers else True


def host_of(origin: str) -> str:
    """The host and port of an Origin header."""
    return urlsplit(origin).netloc


def read_file(file: Path) -> str:
    """The file's text. Raises ConfigError for one that others can read."""
    with file_errors(file):
        refuse_if_read_by_others(file)
        return file.read_text(encoding="utf-8")


def lines_of(text: str) -> Mapping[str, str]:
    """The line of each maintainer, by name."""
    return {name: rest for line in text.splitlines() for name, colon, rest in [line.partition(":")] if colon and name}


def _is_right(line: str | None, password: str) -> bool:
    cost, salt, wanted = _COST, b"\0" * 16, b""
    try:
        if line is not None:
            n, r, p, salt_text, hash_text = line.split(":")
            cost, salt, wanted = (int(n), int(r), int(p)), base64.b64decode(salt_text), base64.b64decode(hash_text)
        found = _scrypt(password, salt, cost)  # for a name that is unknown too: it takes as long
    except ValueError:
        return False
    return line is not None and hmac.compare_digest(found, wanted)


def _scrypt(password: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def set_password(file: Path, name: str, password: str) -> None:
    """Add a maintainer, or change the password. Raises BadInput for a name or a password that cannot be."""
    if not _NAME.fullmatch(name):
        raise BadInput(_("{name!r}: a name has up to 60 of the characters A-Z a-z 0-9 . _ -").format(name=name))
    if len(password) < _SHORTEST or not password.isprintable():
        raise BadInput(_("a password has at least {count} printable characters").format(count=_SHORTEST))
    salt = os.urandom(16)
    made = ":".join([*map(str, _COST), *(base64.b64encode(each).decode() for each in (salt, _scrypt(password, salt, _COST)))])
    _write(file, {**names_in(file), name: made})


def remove_maintainer(file: Path, name: str) -> None:
    """Remove a maintainer. Raises BadInput for a name that is not there."""
    known = dict(names_in(file))
    if known.pop(name, None) is None:
        raise BadInput(_("there is no maintainer {name!r}").format(name=name))
    _write(file, known)


def names_in(file: Path) -> Mapping[str, str]:
    """The maintainers of the file; nobody without one."""
    return lines_of(read_file(file)) if file.is_file() else {}


def _write(file: Path, known: Mapping[str, str]) -> None:
    with file_errors(file):
        if known:
            write_durably(file, "".join(f"{name}:{rest}\n" for name, rest in known.items()).encode(), mode=0o600)
        else:
            file.unlink(missing_ok=True)
