"""Which network addresses a public crawl may connect to (reference/reliability.md: every vector there is refused)."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = (  # prefixes that carry an IPv4 address inside
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("64:ff9b:1::/48"), 0),
    (ipaddress.ip_network("::ffff:0:0/96"), 0),
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),
    (ipaddress.ip_network("::/96"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)
_TEREDO = ipaddress.ip_network("2001::/32")


def is_public(address: str) -> bool:
    """Whether an address in its usual notation is globally reachable, also seen through any IPv6 translation."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_plain_public(each) for each in (ip, *_inside(ip)))


def _plain_public(ip: Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def _inside(ip: Address) -> list[ipaddress.IPv4Address]:
    if ip.version == 4:
        return []
    if ip in _TEREDO:  # server in bits 32-63, client inverted in the last 32
        return [ipaddress.IPv4Address(int(ip) >> 64 & 0xFFFFFFFF), ipaddress.IPv4Address(~int(ip) & 0xFFFFFFFF)]
    return [ipaddress.IPv4Address(int(ip) >> shift & 0xFFFFFFFF) for net, shift in _TRANSLATED if ip in net]


def literal_address(host: str) -> str | None:
    """The address that a host name written as a number means (127.1, 2130706433, 0x7f000001, full width), else None."""
    plain = unicodedata.normalize("NFKC", host).strip("[]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(plain)) if plain[:1].isdigit() else None
    except OSError:
        return None


def refused(url: str) -> str | None:
    """Why an address may not be fetched at all, before any name is looked up; None where it may."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "not an address"
    if parts.scheme not in ("http", "https"):
        return f"scheme {parts.scheme!r}"
    if not host or "\\" in url:
        return "no host"
    literal = literal_address(host)
    if literal is not None and not is_public(literal):
        return f"private address {literal}"
    return "private address (localhost)" if host == "localhost" or host.endswith(".localhost") else None
