"""The address of an index in a cluster.

opensearch+https://[user:password@]host:9200[,host:9200 ...]/NAME[?ca=FILE][&shards=N][&replicas=N]
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from notices.config_values import without_password
from notices.errors import ConfigError
from notices.text.language import _

SCHEMES = ("opensearch+https", "opensearch+http")
_PORT = 9200
_NAME = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,99}")  # OpenSearch allows no capitals; a generation's number follows
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.\-]+)(?::([0-9]{1,5}))?")
_MOST_SHARDS, _MOST_REPLICAS = 1024, 20


class Address(NamedTuple):
    """Where an index is. `hosts` are the origins of the cluster's nodes; `shown` is the address without a password."""

    hosts: tuple[str, ...]
    name: str
    user: str
    password: str
    ca: Path | None
    shards: int
    replicas: int
    shown: str


def is_cluster(url: str) -> bool:
    """Whether an address is one of a cluster."""
    return url.partition(":")[0] in SCHEMES


def address_of(url: str) -> Address:
    """The parts of an address. Raises ConfigError, without the password."""
    shown = without_password(url)
    parts = urlsplit(url)
    login, _sign, hosts = parts.netloc.rpartition("@")
    user, _colon, password = login.partition(":")
    name = unquote(parts.path).strip("/")
    if not _NAME.fullmatch(name):
        raise ConfigError(
            _("index: {url!r}: {name!r} is not a name of an index; use a to z, digits, '-', '_' and '.'").format(url=shown, name=name)
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(set(options) - {"ca", "shards", "replicas"})
    if unknown:
        raise ConfigError(
            _("index: {url!r}: unknown option {names}; use ca, shards or replicas").format(url=shown, names=", ".join(unknown))
        )
    origin = parts.scheme.partition("+")[2]
    return Address(
        tuple(f"{origin}://{_host(shown, each)}" for each in hosts.split(",")),
        name,
        unquote(user),
        unquote(password),
        _ca(shown, options.get("ca", "")),
        _number(shown, "shards", options.get("shards", "1"), (1, _MOST_SHARDS)),
        _number(shown, "replicas", options.get("replicas", "1"), (0, _MOST_REPLICAS)),
        shown,
    )


def _host(shown: str, host: str) -> str:
    found = _HOST.fullmatch(host)
    if not found or int(found[2] or _PORT) > 65_535:
        raise ConfigError(_("index: {url!r}: {host!r} is not a host").format(url=shown, host=host))
    return f"{found[1]}:{found[2] or _PORT}"


def _ca(shown: str, text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ConfigError(_("index: {url!r}: the file of certificates {file} is missing").format(url=shown, file=text))
    return Path(text) if text else None


def _number(shown: str, key: str, text: str, bounds: tuple[int, int]) -> int:
    low, high = bounds
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(_("index: {url!r}: {key} must be a number from {low} to {high}").format(url=shown, key=key, low=low, high=high))
    return int(text)
