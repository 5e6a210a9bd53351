"""URLs: the canonical form that identifies a notice, and which hosts belong to one site."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

from publicsuffixlist import PublicSuffixList

# Java servers append the session to the path; ASP.NET without cookies puts it into the path: /(S(…))/, /(X(1)S(…))/.
_SESSION = re.compile(r";jsessionid=[^/?#]*|/\((?:[A-Z]\([^()/]{1,100}\))+\)(?=/|$)", re.I)
# The last one is what Math.random() gives, whatever its name.
_NOISE = re.compile(
    r"(?:utm_\w+|jsessionid|phpsessid|sessionid|aspxautodetectcookiesupport|spm|_t|timestamp|rnd|rand|random|nocache)(?:=|$)|[^=]*=0\.\d{8,}$",
    re.I,
)
_FRESH = re.compile(
    r"^(?:t|_|r|v|rnd|rand(?:om)?|ran|time|ts|_?dc|nocache|cache|ver(?:sion)?|token|sign(?:ature)?|expires?|nonce|session_?id|sid)$", re.I
)
_PORTS = {"http": 80, "https": 443}
_SAFE_PATH = "/%:@!$&'()*+,;=~-._"


@lru_cache(maxsize=1024)  # a page's address is asked for in each step on its way
def canonical_url(url: str) -> str:
    """The URL without fragment, default port, dot segments, session ids and tracking parameters; escapes unified.

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
    query = "&".join(p for p in parts.query.split("&") if p and not _NOISE.match(p))
    return urlunsplit((scheme, netloc, path, _escaped(query, _SAFE_PATH + "?"), ""))


def with_query_in(url: str, encoding: str) -> str:
    """The URL with the characters of its query escaped in the page's encoding, as the URL Standard has it; those of its path stay.

    A character that the encoding lacks is escaped as UTF-8.
    """
    head, mark, query = url.partition("?")
    if not mark or query.isascii() or encoding == "utf-8":  # UTF-8 is what everybody else assumes
        return url
    return head + mark + "".join(c if c.isascii() else quote(_encoded(c, encoding)) for c in query)


def _encoded(character: str, encoding: str) -> bytes:
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        return character.encode()


def is_address(url: str) -> bool:
    """Whether it is an absolute http(s) address."""
    try:
        return bool(canonical_url(url))
    except ValueError:
        return False


def url_key(url: str) -> str:
    """The canonical URL without its scheme: http and https copies of a page are one notice."""
    return canonical_url(url).partition(":")[2]


def same_resource(url: str | None, other: str | None) -> bool:
    """Whether two addresses differ in nothing but session ids and what programs add so that no copy is taken (?rnd=0.71)."""
    if url is None or other is None or url == other:
        return url == other
    pages = [canonical_url(each).partition("?") for each in (url, other)]
    return len({(page, _lasting(query)) for page, _mark, query in pages}) == 1


def _lasting(query: str) -> tuple[str, ...]:
    return tuple(each for each in query.split("&") if not _FRESH.match(each.partition("=")[0]))


def same_site(host: str, other: str) -> bool:
    """Whether two hosts belong to one registrable name (www.a.gov.cn, xxgk.a.gov.cn); a network address only to itself."""
    return host == other or (not _is_address(host) and not _is_address(other) and registrable(host) == registrable(other))


@lru_cache(maxsize=10_000)
def registrable(host: str) -> str:
    """The registrable name of a host by the Public Suffix List, private part included; the host itself where it has none."""
    name = host.lower().rstrip(".")
    return _suffixes().privatesuffix(_ascii(name)) or name


@cache
def _suffixes() -> PublicSuffixList:
    """The list, read on first use: reading it costs 45 ms of CPU time, and most commands compare no hosts."""
    return PublicSuffixList()


def _ascii(name: str) -> str:
    """The name as DNS writes it; as it is where it cannot be written so."""
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def _escaped(text: str, safe: str) -> str:
    """Percent-escapes in upper case, with unreserved characters written out."""
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(_one_escape(p) if p.startswith("%") and len(p) == 3 else quote(p, safe=safe) for p in pieces if p)


@cache  # of 484 escapes
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
