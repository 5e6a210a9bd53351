"""The small site of the fault suites: notices with an attached file, and filling that no packer makes smaller."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.site_server import Site, notice_page, notice_path, serving, small_site

RTF = {"Content-Type": "application/rtf"}


def publish(site: Site, count: int, attached: int = 2, filling: int = 0) -> None:
    """Let the site have `count` notices on one list page; notice `attached` has a file, pages are longer by `filling` bytes."""
    site.pages.update(small_site(count, count).pages)
    for n in range(1, count + 1):
        noise = random.Random(n).randbytes(filling // 2).hex()
        link = f'<p>附件：<a href="/tzgg/files/{attached}.rtf">巡查登记表.rtf</a></p>' if n == attached else ""
        site.pages[notice_path(n)] = notice_page(n, link) + f"<!-- {noise} -->".encode()
    site.pages[f"/tzgg/files/{attached}.rtf"] = (200, RTF, rb"{\rtf1\ansi dyke inspection register}")


@contextmanager
def tiny_site(count: int) -> Iterator[Site]:
    """A served site with that many notices."""
    with serving(Site()) as site:
        publish(site, count)
        yield site
