"""A public crawl reaches public addresses only."""

import pytest

from crawler.http.addresses import is_public, literal_address, refused

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
    "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
    "2001:db8::1", "2001:0:7f00:1::1", "::ffff:0:127.0.0.1", "not an address",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "202.96.128.86", "2400:3200::1", "2002:808:808::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "１２７.0.0.1", "127.0.0.1.", "①②⑦.0.0.1", "[::1]", "[::ffff:7f00:1]"]
)
def test_numbers_in_disguise_are_seen_through(host: str) -> None:
    plain = literal_address(host.rstrip("."))
    assert plain is not None
    assert not is_public(plain)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://a.gov.cn/", "http://localhost/", "http://x.localhost/", "http://127.1/", "http://2130706433/", "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/", "http://169.254.169.254/latest", "http:///x", "http://a.gov.cn\\@127.0.0.1/", "data:text/html,x", "gopher://a/",
    ],
)  # fmt: skip
def test_address_is_refused_before_any_look_up(url: str) -> None:
    assert refused(url)


def test_ordinary_address_is_not_refused() -> None:
    assert refused("https://www.shi.gov.cn/a.html") is None
    assert refused("http://8.8.8.8/") is None
