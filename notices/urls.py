"""Addresses: the canonical form that identifies a notice, and which hosts belong together."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_NOISE = re.compile(r"^(?:utm_\w+|jsessionid|phpsessid|spm|_t|timestamp)$", re.I)
_PORTS = {"http": 80, "https": 443}
_SAFE_PATH = "/%:@!$&'()*+,;=~-._"
_TWO_LEVEL = ("com.cn", "net.cn", "org.cn", "gov.cn", "edu.cn", "ac.cn", "mil.cn")


def canonical_url(url: str) -> str:
    """The address without fragment, default port, dot segments, session ids and tracking parameters; escapes unified.

    Raises ValueError for anything that is not an absolute http(s) address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme.lower() not in _PORTS or not parts.hostname:
        raise ValueError(f"not an http(s) address: {url!r}")
    scheme, port = parts.scheme.lower(), parts.port
    host = parts.hostname.rstrip(".")
    netloc = f"[{host}]" if ":" in host else host
    if port and port != _PORTS[scheme]:
        netloc += f":{port}"
    path = _escaped(_without_dots(_SESSION.sub("", parts.path)), _SAFE_PATH) or "/"
    query = "&".join(p for p in parts.query.split("&") if p and not _NOISE.match(p.partition("=")[0]))
    return urlunsplit((scheme, netloc, path, _escaped(query, _SAFE_PATH + "?"), ""))


def is_address(url: str) -> bool:
    """Whether canonical_url takes it."""
    try:
        return bool(canonical_url(url))
    except ValueError:
        return False


def url_key(url: str) -> str:
    """The canonical address without its scheme: http and https copies of a page are one notice."""
    return canonical_url(url).partition(":")[2]


def same_site(host: str, other: str) -> bool:
    """Whether two hosts belong to one registrable name (www.a.gov.cn, xxgk.a.gov.cn); addresses only to themselves."""
    return host == other or (not _is_address(host) and registrable(host) == registrable(other))


def registrable(host: str) -> str:
    """The registrable name of a host, by the two-level suffixes that Chinese sites use."""
    labels = host.lower().rstrip(".").split(".")
    suffix = ".".join(labels[-2:])
    keep = 3 if suffix in _TWO_LEVEL else 2
    return ".".join(labels[-keep:])


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _escaped(text: str, safe: str) -> str:
    """Percent-escapes in upper case, with unreserved characters written out."""
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(_one_escape(p) if p.startswith("%") and len(p) == 3 else quote(p, safe=safe) for p in pieces)


def _one_escape(escape: str) -> str:
    char = unquote_to_bytes(escape)
    return char.decode() if char.isalnum() or char in (b"-", b".", b"_", b"~") else escape.upper()


def _without_dots(path: str) -> str:
    out: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if len(out) > 1:
                out.pop()
        elif segment != ".":
            out.append(segment)
    if path.endswith(("/.", "/..")):
        out.append("")
    return "/".join(out)
