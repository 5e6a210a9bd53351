"""A list page as its entries and the next page to try (reference/domain.md §4.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from lxml import etree

from crawler.list_rules import ListRules
from crawler.lists.entries import page_entries
from crawler.lists.pager import Pager, guesses, pages_named, read_pager
from crawler.lists.scripts import embedded_entries, scripted_pages, scripts_of
from crawler.lists.selectors import ruled_entries, select
from crawler.platforms import Family, feed, gkmlpt, jpaas, jpage, json_answer, public_column, querylist, sitesources, trs, ucap, vsb, was
from notices.capture import ListPage
from notices.page_class import classify
from notices.text.html import absolute, base_url, decode, parse
from notices.urls import with_query_in

FAMILIES: tuple[Family, ...] = (feed, gkmlpt, jpage, jpaas, ucap, querylist, json_answer, was, trs, vsb, public_column, sitesources)
MAX_CANDIDATES = 6
_HEAD = 1_000_000  # characters at either end of a page in which the marks of a family are searched


def read_list(body: bytes, url: str, *, content_type: str | None = None, rules: ListRules | None = None) -> ListPage:
    """The entries of a list page or of a platform's answer, and the next page that it names.

    An entry whose target the page does not give has the url "javascript:;" (crawler.lists.links.CUT).
    """
    rules = rules or ListRules()
    text, encoding = decode(body, content_type)
    return replace(_sendable(_read(text, url, rules), encoding), pages=pages_named(_shortened(text)))


def _read(text: str, url: str, rules: ListRules) -> ListPage:
    shown = _shortened(text)
    family = _family(shown, url, rules.platform)
    reading = family.read(text, url) if family else None
    if reading and not rules.entries and (reading.entries or reading.ended or reading.next_page):
        return ListPage(reading.entries, reading.next_page, family.NAME if family else None)
    root = parse(text)
    if rules.entries:
        entries = ruled_entries(root, url, {n: getattr(rules, n) for n in ("entries", "link", "title", "date")})
    else:
        entries = page_entries(root, url) or embedded_entries(root, scripts_of(root), url)
    if rules.next or rules.next_template:
        following = _ruled_next(root, url, rules)
    else:
        following = (None if entries else was.search_of(shown, url)) or _named_next(root, url, family, shown)
    refusal = None if entries else classify(200, {}, text)
    return ListPage(entries, following, family.NAME if family else None, refusal.reason if refusal else None)


def _sendable(page: ListPage, encoding: str) -> ListPage:
    """The page with its addresses as browsers request them: their queries in the encoding of the page."""
    if encoding == "utf-8":
        return page
    entries = tuple(replace(entry, url=with_query_in(entry.url, encoding)) for entry in page.entries)
    return replace(page, entries=entries, next_page=page.next_page and with_query_in(page.next_page, encoding))


def next_candidates(page_bytes: bytes, url: str) -> tuple[str, ...]:
    """Pages that may follow, best first: those that the page names, then both ways of counting, then guesses if it shows a pager."""
    text, encoding = decode(page_bytes)
    return tuple(with_query_in(found, encoding) for found in _candidates(text, url))


def _candidates(text: str, url: str) -> tuple[str, ...]:
    shown = _shortened(text)
    family = _family(shown, url, None)
    reading = family.read(text, url) if family else None
    if reading and (reading.entries or reading.ended or reading.next_page):
        return (reading.next_page,) if reading.next_page else ()
    root = parse(text)
    pager = read_pager(root, url, base_url(root, url))
    inferred = family.next_pages(shown, url) if family and family.INFERS and not pager.ended else ()
    found = [*_named(root, url, family, shown, pager), *inferred, *guesses(pager, url)]
    return tuple(dict.fromkeys(u for u in found if u != url))[:MAX_CANDIDATES]


def _family(text: str, url: str, name: str | None) -> Family | None:
    """The family of a page, or the one of that name."""
    if name:
        return next((f for f in FAMILIES if name == f.NAME), None)
    return next((f for f in FAMILIES if f.matches(text, url)), None)


def _named_next(root: etree._Element, url: str, family: Family | None, text: str) -> str | None:
    pager = read_pager(root, url, base_url(root, url))
    return next((u for u in _named(root, url, family, text, pager) if u != url), None)


def _named(root: etree._Element, url: str, family: Family | None, text: str, pager: Pager) -> Iterator[str]:
    """Next pages that the page itself names: by link, by its family's pager, by scripts."""
    yield from pager.following
    if pager.ended:
        return
    if family and not family.INFERS:
        yield from family.next_pages(text, url)
    yield from scripted_pages(scripts_of(root), url)


def _ruled_next(root: etree._Element, url: str, rules: ListRules) -> str | None:
    """The next page by the source's selector or template; a template's pages are counted up from the address."""
    if rules.next:
        links = select(root, rules.next)
        return absolute(base_url(root, url), links[0].get("href")) if links else None
    head, _, tail = (rules.next_template or "").partition("{n}")
    here = re.search(f"{re.escape(head.lstrip('./'))}(\\d{{1,6}}){re.escape(tail)}$", url[-1000:])
    if here:
        return f"{url[: len(url) - len(here[0])]}{here[0][: here.start(1) - here.start()]}{int(here[1]) + 1}{tail}"
    return absolute(url, f"{head}{rules.first}{tail}")


def _shortened(text: str) -> str:
    """The head and the tail of a page: the marks of the families are there."""
    return text if len(text) <= 2 * _HEAD else text[:_HEAD] + "\n" + text[-_HEAD:]
