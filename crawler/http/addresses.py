"""Which network addresses a public crawl may connect to: none that is private, however it is written (RFC 6890, RFC 6052, RFC 4380)."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED = (  # prefixes with an IPv4 address inside: NAT64 (twice), mapped, translated, compatible, 6to4; the shift finds it
    (ipaddress.ip_network("64:ff9b::/96"), 0),
    (ipaddress.ip_network("64:ff9b:1::/48"), 0),
    (ipaddress.ip_network("::ffff:0:0/96"), 0),
    (ipaddress.ip_network("::ffff:0:0:0/96"), 0),
    (ipaddress.ip_network("::/96"), 0),
    (ipaddress.ip_network("2002::/16"), 80),
)
_TEREDO = ipaddress.ip_network("2001::/32")


def is_public(address: str) -> bool:
    """Whether an address in its usual notation is globally reachable, and so is every IPv4 address translated into it."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_globally_reachable(each) for each in (ip, *_translated_in(ip)))


def _is_globally_reachable(ip: Address) -> bool:
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback)


def _translated_in(ip: Address) -> list[ipaddress.IPv4Address]:
    if ip.version == 4:
        return []
    if ip in _TEREDO:  # server in bits 32-63, client inverted in the last 32
        return [ipaddress.IPv4Address(int(ip) >> 64 & 0xFFFFFFFF), ipaddress.IPv4Address(~int(ip) & 0xFFFFFFFF)]
    return [ipaddress.IPv4Address(int(ip) >> shift & 0xFFFFFFFF) for net, shift in _TRANSLATED if ip in net]


def literal_address(host: str) -> str | None:
    """The address that a host name means which is a number (127.1, 2130706433, 0x7f000001, full width); None for other names."""
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
    """Why a URL must not be fetched at all, before any name is resolved; None when it may be."""
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
