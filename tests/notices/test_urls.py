"""Canonical addresses identify a notice."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notices.urls import canonical_url, registrable, same_resource, same_site, url_key


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("HTTP://Www.A.gov.cn:80/x/../a.html#top", "http://www.a.gov.cn/a.html"),
        ("http://a.gov.cn", "http://a.gov.cn/"),
        ("http://a.gov.cn/通知.html", "http://a.gov.cn/%E9%80%9A%E7%9F%A5.html"),
        ("http://a.gov.cn/%7euser/%e9%80%9a", "http://a.gov.cn/~user/%E9%80%9A"),
        ("https://a.gov.cn:443/x;jsessionid=ABC?id=1&utm_source=x&spm=1", "https://a.gov.cn/x?id=1"),
        ("http://a.gov.cn/a.html?rnd=81&x=0.7312345678901&id=2&v=0.5", "http://a.gov.cn/a.html?id=2&v=0.5"),
        ("http://a.gov.cn/a.html?randomid=5&SessionID=77", "http://a.gov.cn/a.html?randomid=5"),
        ("http://a.gov.cn/a/./b/", "http://a.gov.cn/a/b/"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
    ],
)
def test_same_page_has_one_address(given_url: str, canonical: str) -> None:
    assert canonical_url(given_url) == canonical


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.gov.cn/f.pdf;jsessionid=A1", "http://a.gov.cn/f.pdf;jsessionid=B2", True),
        ("http://a.gov.cn/f.pdf?t=1", "http://a.gov.cn/f.pdf?t=2", True),
        ("http://a.gov.cn/f.do?id=7&rnd=0.1", "http://a.gov.cn/f.do?id=7&rnd=0.2", True),
        ("http://a.gov.cn/(S(x1))/f.aspx?id=7", "http://a.gov.cn/(S(y2))/f.aspx?id=7", True),
        ("http://a.gov.cn/f.do?id=7&rnd=0.1", "http://a.gov.cn/f.do?id=8&rnd=0.1", False),
        ("http://a.gov.cn/f1.pdf?t=1", "http://a.gov.cn/f2.pdf?t=1", False),
        ("http://a.gov.cn/f.pdf", None, False),
        (None, None, True),
    ],
)
def test_what_only_keeps_copies_away_makes_no_other_address(one: str | None, other: str | None, same: bool) -> None:
    assert same_resource(one, other) == same


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


@pytest.mark.parametrize(
    ("host", "other", "same"),
    [
        ("www.shi.gov.cn", "xxgk.shi.gov.cn", True),
        ("www.shi.gov.cn", "www.xian.gov.cn", False),
        ("stw.gd.cn", "other.gd.cn", False),  # gd.cn is a suffix of the registry's, as every province's is
        ("www.stw.gd.cn", "stw.gd.cn", True),
        ("a.公司.cn", "b.公司.cn", False),
        ("www.a.公司.cn", "a.xn--55qx5d.cn", True),
        ("gov.cn", "www.gov.cn", False),  # gov.cn itself is a suffix; the central government's site is www.gov.cn
        ("a.github.io", "b.github.io", False),
        ("www.linshan.example", "linshan.example.", True),
        ("WWW.Shi.gov.cn", "shi.gov.cn", True),
        ("localhost", "localhost", True),
        ("10.0.0.1", "11.0.0.1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("0.1", "10.0.0.1", False),
    ],
)
def test_sites_belong_together_by_registrable_name(host: str, other: str, same: bool) -> None:
    assert same_site(host, other) is same
    assert same_site(other, host) is same


LABELS = st.from_regex(r"[a-z](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
SUFFIXES = st.sampled_from(["gov.cn", "gd.cn", "com.cn", "cn", "com", "org.cn", "bj.cn", "公司.cn", "example"])


@given(SUFFIXES, LABELS, LABELS, st.lists(LABELS, max_size=3), st.lists(LABELS, max_size=3))
def test_names_below_one_owner_are_one_site_and_two_owners_never_are(
    suffix: str, owner: str, second: str, below: list[str], beside: list[str]
) -> None:
    assume(registrable(f"{owner}.{suffix}") == f"{owner}.{suffix}".encode("idna").decode())  # not a longer suffix, such as gov.cn
    assume(registrable(f"{second}.{suffix}") == f"{second}.{suffix}".encode("idna").decode())
    host, other = ".".join([*below, owner, suffix]), ".".join([*beside, second, suffix])
    assert same_site(host, ".".join([*beside, owner, suffix]))
    assert same_site(host, other) is (owner == second)


@given(st.lists(LABELS, min_size=1, max_size=5))
def test_registrable_name_is_the_end_of_its_host_and_its_own_registrable_name(labels: list[str]) -> None:
    host = ".".join(labels)
    name = registrable(host)
    assert host == name or host.endswith(f".{name}")
    assert registrable(name) == name
