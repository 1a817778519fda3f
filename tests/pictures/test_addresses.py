"""Which addresses of pictures are taken, and which machines they may lead to."""

import socket

import pytest

from smallimg.errors import ImageError
from smallimg.pictures.addresses import Address, are_public, is_public, read_address

#: Every block of IANA's special-purpose registries that is not for hosts on the open internet, its ends included.
CLOSED_V4 = (
    "0.0.0.0", "0.255.255.255", "10.0.0.1", "10.255.255.255", "100.64.0.0", "100.64.0.1", "100.127.255.255",
    "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
    "192.0.0.8",
    "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255",
    "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
CLOSED_V6 = (
    "::", "::1", "::127.0.0.1", "::8.8.8.8",  # unspecified, loopback, IPv4-compatible
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8",  # mapped
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::808:808", "64:ff9b:1::a00:1",  # NAT64
    "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2001:db8:ffff::",
    "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::", "2002:808:808::1",  # 6to4
    "3fff::1", "3fff:fff::1", "5f00::1", "100::1", "fc00::1", "fd00:ec2::254", "fdff::1", "fe80::1", "fe80::1%1",
    "febf::1", "fec0::1", "feff::1", "ff02::1", "ff0e::1", "4000::1", "2600::1%2",
)  # fmt: skip
OPEN = (
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1",
    "198.17.255.255", "198.20.0.0", "223.255.255.254", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4001::1",
    "2600:1406::1",
)  # fmt: skip


@pytest.mark.parametrize("address", [*CLOSED_V4, *CLOSED_V6, "localhost", "", "1.2.3"])
def test_what_is_not_on_the_open_internet_is_closed(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_what_is_on_the_open_internet_is_open(address: str) -> None:
    assert is_public(address)


def test_a_name_counts_by_all_that_it_means() -> None:
    assert are_public(["8.8.8.8", "2606:4700::1111"])
    assert not are_public(["8.8.8.8", "127.0.0.1"])
    assert not are_public([])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://example.com/cat.jpg", Address("https", "example.com", 443, "/cat.jpg")),
        ("  HTTP://Example.COM.:80 ", Address("http", "example.com", 80, "/")),
        ("https://example.com:8443/a b".replace(" ", "%20"), Address("https", "example.com", 8443, "/a%20b")),
        ("http://example.com/?a=1&b=ü#part", Address("http", "example.com", 80, "/?a=1&b=%C3%BC")),
        ("https://bücher.example/Öl.png", Address("https", "xn--bcher-kva.example", 443, "/%C3%96l.png")),
        ("http://8.8.8.8/x", Address("http", "8.8.8.8", 80, "/x")),
        ("http://[2606:4700::1111]:8080/x", Address("http", "2606:4700::1111", 8080, "/x")),
        # As browsers read them: full-width and circled digits are digits. Whether it may be reached is asked later.
        ("http://①②⑦.⓪.⓪.①/", Address("http", "127.0.0.1", 80, "/")),
        ("http://127。0。0。1/", Address("http", "127.0.0.1", 80, "/")),
    ],
)
def test_an_address_is_taken_apart(text: str, expected: Address) -> None:
    assert read_address(text) == expected


def test_the_server_is_told_its_name() -> None:
    assert read_address("http://[2606:4700::1111]:8080/x").authority == "[2606:4700::1111]:8080"
    assert str(read_address("https://example.com:443/a?b#c")) == "https://example.com/a?b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no address"),
        ("cat.jpg", "does not begin with https://"),
        ("//example.com/cat.jpg", "does not begin with https://"),
        ("file:///etc/passwd", "does not begin with https://"),
        ("ftp://example.com/cat.jpg", "does not begin with https://"),
        ("gopher://127.0.0.1:6379/_x", "does not begin with https://"),
        ("data:image/png;base64,AAAA", "does not begin with https://"),
        ("javascript:alert(1)", "does not begin with https://"),
        ("https://user:secret@example.com/cat.jpg", "a user or a password"),
        ("https://example.com@127.0.0.1/", "a user or a password"),
        ("https://@127.0.0.1/", "a user or a password"),
        ("http://127.0.0.1:11211/", "names port 11211"),
        ("http://example.com:22/", "names port 22"),
        ("http://example.com:0/", "names port 0"),
        ("http://example.com:99999/", "is not the address"),
        ("http://example.com:eighty/", "is not the address"),
        ("http://[::1/", "is not the address"),
        ("http://[v1.x]/", ""),
        ("http://[fe80::1%eth0]/", ""),
        ("http:///cat.jpg", "names no server"),
        ("http://exa mple.com/", "a space"),
        ("http://example.com/\r\nHost: 127.0.0.1", "a space"),
        ("http://example.com/a\tb", "a space"),
        ("http://example.com/\x00", "a space"),
        ("http://example.com\\@127.0.0.1/", "a space"),
        ("http://127%2e0%2e0%2e1/", "names no server"),
        ("http://a..b/", "names no server"),
        ("http://" + "a" * 64 + ".com/", "names no server"),
        ("https://example.com/" + "a" * 2000, "2,020 characters"),
        # The system's resolver takes all of these for 127.0.0.1, 10.0.0.1 or 169.254.169.254.
        ("http://2130706433/", "as a number"),
        ("http://0x7f000001/", "as a number"),
        ("http://0x7f.0x0.0x0.0x1/", "as a number"),
        ("http://0177.0.0.1/", "as a number"),
        ("http://017700000001/", "as a number"),
        ("http://127.1/", "as a number"),
        ("http://127.0.1/", "as a number"),
        ("http://127.0.0.01/", "as a number"),
        ("http://127.0.0.0x1/", "as a number"),
        ("http://0/", "as a number"),
        ("http://167772161./", "as a number"),
        ("http://2852039166/latest/meta-data/", "as a number"),
        ("http://1.2.3.4.5/", "as a number"),
        ("http://0x/", "as a number"),
        ("http://①②⑦.1/", "as a number"),
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ImageError, match=r"^[^\n\r\x00]+\.$") as refused:
        read_address(text)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 250


def test_the_resolver_would_have_taken_the_numbers() -> None:
    """Why they are refused before it is asked."""
    for number in ("2130706433", "0x7f.1", "0177.0.0.1", "127.1"):
        assert socket.getaddrinfo(number, 80, socket.AF_INET)[0][4][0] == "127.0.0.1"
