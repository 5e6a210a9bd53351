"""Canonical addresses identify a notice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notices.urls import canonical_url, same_site, url_key


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("HTTP://Www.A.gov.cn:80/x/../a.html#top", "http://www.a.gov.cn/a.html"),
        ("http://a.gov.cn", "http://a.gov.cn/"),
        ("http://a.gov.cn/通知.html", "http://a.gov.cn/%E9%80%9A%E7%9F%A5.html"),
        ("http://a.gov.cn/%7euser/%e9%80%9a", "http://a.gov.cn/~user/%E9%80%9A"),
        ("https://a.gov.cn:443/x;jsessionid=ABC?id=1&utm_source=x&spm=1", "https://a.gov.cn/x?id=1"),
        ("http://a.gov.cn/a/./b/", "http://a.gov.cn/a/b/"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_same_page_has_one_address(given_url: str, canonical: str) -> None:
    assert canonical_url(given_url) == canonical


def test_http_and_https_copies_are_one_notice() -> None:
    assert url_key("http://a.gov.cn/1.html") == url_key("https://a.gov.cn/1.html")


@pytest.mark.parametrize("bad", ["", "ftp://a/b", "javascript:alert(1)", "//a/b", "notaurl", "http://"])
def test_other_addresses_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="address"):
        canonical_url(bad)


@given(st.text(max_size=60))
def test_canonical_is_stable(path: str) -> None:
    try:
        once = canonical_url("http://a.gov.cn/" + path)
    except ValueError:
        return
    assert canonical_url(once) == once


def test_sites_belong_together_by_registrable_name() -> None:
    assert same_site("www.shi.gov.cn", "xxgk.shi.gov.cn")
    assert not same_site("www.shi.gov.cn", "www.xian.gov.cn")
    assert not same_site("10.0.0.1", "11.0.0.1")
    assert same_site("127.0.0.1", "127.0.0.1")
