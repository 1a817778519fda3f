"""Pictures by address, fetched from a server that tries what servers can try."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tricky_server import TrickyNetwork, TrickyServer

from smallimg.errors import ImageError
from smallimg.pictures.by_address import MAX_REDIRECTS, Fetched, fetch_picture
from smallimg.pictures.images import MAX_BYTES

PICTURE = Path(__file__).parents[2] / "assets" / "examples" / "cifar10" / "cat.jpg"
PUBLIC = "93.184.216.34"
NAMES = {
    "cats.example": [PUBLIC],
    "two.example": ["8.8.4.4", PUBLIC],
    "inside.example": ["10.0.0.7"],
    "shared.example": ["100.64.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "both.example": [PUBLIC, "127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "nothing.example": [],
    "off.example": ["8.8.4.4"],
}


@pytest.fixture(scope="module")
def server() -> Iterator[TrickyServer]:
    with TrickyServer(PICTURE.read_bytes()) as server:
        yield server
        server.shutdown()


@pytest.fixture
def network(server: TrickyServer) -> TrickyNetwork:
    server.asked.clear()
    return TrickyNetwork(server.server_port, NAMES)


def fetch(network: TrickyNetwork, text: str, *, seconds: float = 10) -> Fetched:
    return fetch_picture(text, network=network.network, seconds=seconds)


def refusal(network: TrickyNetwork, text: str, *, seconds: float = 10) -> str:
    with pytest.raises(ImageError) as refused:
        fetch(network, text, seconds=seconds)
    sentence = str(refused.value)
    assert text[:79] in sentence
    assert sentence.endswith(".")
    return sentence


def test_a_picture_comes_as_it_is(network: TrickyNetwork, server: TrickyServer) -> None:
    fetched = fetch(network, "http://cats.example/my%20cat.JPG?size=large#top")
    assert fetched.content == PICTURE.read_bytes()
    assert (fetched.name, fetched.image.size) == ("my cat.jpg", (451, 300))
    assert server.asked == [("cats.example", "/my%20cat.JPG?size=large")]
    assert (network.looked_up, network.connected) == (["cats.example"], [(PUBLIC, 80)])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("cat.php", "cat_php.jpg"), ("", "picture.jpg"), ("a/b/", "b.jpg"), ("photo.webp", "photo.jpg"),
        ("..%2F..%2Fetc%2Fpasswd", "passwd.jpg"), ("%00%0a.jpg", "picture.jpg"), ("a<b>.jpg", "a_b.jpg"),
        ("x" * 90, "x" * 60 + ".jpg"),
    ],
)  # fmt: skip
def test_its_name_is_a_file_name(network: TrickyNetwork, path: str, name: str) -> None:
    assert fetch(network, f"http://cats.example/{path}").name == name


def test_the_next_machine_of_a_name_stands_in(network: TrickyNetwork) -> None:
    assert fetch(network, "http://two.example/cat.jpg").name == "cat.jpg"
    assert network.connected == [("8.8.4.4", 80), (PUBLIC, 80)]


INSIDE = (
    "http://inside.example/", "http://shared.example/", "http://nat64.example/", "http://mapped.example/",
    "http://both.example/", "http://metadata.google.internal/computeMetadata/v1/", "http://nothing.example/",
    "http://nobody.example/", "http://127.0.0.1/", "http://127.0.0.1:8080/", "http://[::1]/", "http://100.100.100.200/",
    "http://169.254.169.254/latest/meta-data/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fd00:ec2::254]/", "http://①②⑦.⓪.⓪.①/",
)  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_only_the_open_internet_is_asked(network: TrickyNetwork, server: TrickyServer, text: str) -> None:
    """And where a name leads is not told: one that is unknown sounds like one that is forbidden."""
    assert "leads to no server on the open internet" in refusal(network, text)
    assert (network.connected, server.asked) == ([], [])


@pytest.mark.parametrize(
    "target", [*INSIDE, "http://2130706433/", "file:///etc/passwd", "http://u:p@x/", "http://x:22/"]
)
def test_nor_is_it_behind_a_redirect(network: TrickyNetwork, server: TrickyServer, target: str) -> None:
    with pytest.raises(ImageError):
        fetch(network, f"http://cats.example/to/{target}")
    assert len(network.connected) == len(server.asked) == 1


def test_a_name_is_looked_up_once(server: TrickyServer) -> None:
    """The second answer would be ours: the connection goes to what was checked (DNS rebinding)."""
    network = TrickyNetwork(server.server_port, {"cats.example": [[PUBLIC], ["127.0.0.1"]]})
    fetch(network, "http://cats.example/cat.jpg")
    assert (network.looked_up, network.connected) == (["cats.example"], [(PUBLIC, 80)])
    # A redirect is a new address, looked up and checked again.
    network.looked_up.clear()
    refusal(network, "http://cats.example/hops/1")
    assert network.connected == [(PUBLIC, 80)] * 2


def test_redirects_are_followed_five_times(network: TrickyNetwork, server: TrickyServer) -> None:
    assert fetch(network, f"http://cats.example/hops/{MAX_REDIRECTS - 1}").name == "cat.jpg"
    assert fetch(network, "http://cats.example/to///two.example:8080/dog.jpg").name == "dog.jpg"
    assert server.asked[-1] == ("two.example:8080", "/dog.jpg")
    server.asked.clear()
    assert "leads on more than 5 times" in refusal(network, "http://cats.example/hops/9")
    assert len(server.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("page", "is a web page"),
        ("status/404", "has it no longer (404)"),
        ("status/403", "refuses (403)"),
        ("status/500", "out of order (500)"),
        ("status/204", "refuses (204)"),
        ("status/302", "refuses (302)"),  # which says nothing of where to
        ("packed", "comes packed"),
        ("text", "is not a picture smallimg can read"),
        ("empty", "is empty"),
        ("declared/99999999", "has more than 10 MB"),
        ("declared/999999", "incomplete or damaged"),
        ("declared/-5", ""),
        ("nonsense", "incomplete or damaged"),
        ("headers", "incomplete or damaged"),
    ],
)
def test_what_comes_instead_of_a_picture_is_said(network: TrickyNetwork, path: str, words: str) -> None:
    if path == "declared/-5":  # no length at all, for those who read it so
        assert fetch(network, f"http://cats.example/{path}").content == PICTURE.read_bytes()
    else:
        assert words in refusal(network, f"http://cats.example/{path}")


@pytest.mark.parametrize("kind", ["plain", "chunked"])
def test_bytes_are_counted_while_they_come(network: TrickyNetwork, server: TrickyServer, kind: str) -> None:
    server.sent = 0
    assert "has more than 10 MB" in refusal(network, f"http://cats.example/endless/{kind}")
    assert MAX_BYTES < server.sent < 2 * MAX_BYTES  # what is on the way when we hang up counts too


@pytest.mark.parametrize("path", ["drip/head", "drip/body", "drip/interim", "silent"])
def test_the_time_limit_is_one_for_all(network: TrickyNetwork, path: str) -> None:
    begun = time.monotonic()
    assert "it took longer than 0.3 s" in refusal(network, f"http://cats.example/{path}", seconds=0.3)
    assert time.monotonic() - begun < 2


def test_a_name_that_is_looked_up_for_ever(network: TrickyNetwork) -> None:
    slow = network.network
    hangs = type(slow)(lambda _host: time.sleep(1) or [], slow.connect, slow.tls)
    with pytest.raises(ImageError, match=r"took longer than 0\.2 s"):
        fetch_picture("http://cats.example/", network=hangs, seconds=0.2)


def test_a_server_that_is_off(network: TrickyNetwork) -> None:
    assert "refuses the connection" in refusal(network, "http://off.example/cat.jpg")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One of our own for cats.example, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=cats.example"
    words += " -addext subjectAltName=DNS:cats.example"
    try:
        subprocess.run([*words.split(), "-out", certificate, "-keyout", key], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl on this machine: apt install openssl")
    return certificate, key


class TestTls:
    @pytest.fixture
    def secure(self, certificate: tuple[Path, Path]) -> Iterator[TrickyServer]:
        with TrickyServer(PICTURE.read_bytes()) as server:
            server.secure(*certificate)
            yield server
            server.shutdown()

    def test_the_certificate_is_that_of_the_name(self, secure: TrickyServer, certificate: tuple[Path, Path]) -> None:
        """The connection goes to a number, and name and certificate still have to fit."""
        network = TrickyNetwork(secure.server_port, NAMES, certificate[0])
        assert fetch(network, "https://cats.example/cat.jpg").content == PICTURE.read_bytes()
        assert (secure.names, secure.asked) == (["cats.example"], [("cats.example", "/cat.jpg")])
        assert network.connected == [(PUBLIC, 443)]
        assert "cannot prove" in refusal(network, "https://two.example/cat.jpg")

    def test_nobody_is_trusted_by_default(self, secure: TrickyServer) -> None:
        network = TrickyNetwork(secure.server_port, NAMES)
        assert "cannot prove" in refusal(network, "https://cats.example/cat.jpg")
        assert secure.asked == []

    def test_time_and_bytes_are_limited_as_well(self, secure: TrickyServer, certificate: tuple[Path, Path]) -> None:
        network = TrickyNetwork(secure.server_port, NAMES, certificate[0])
        assert "it took longer than" in refusal(network, "https://cats.example/drip/head", seconds=0.5)
        assert "more than 10 MB" in refusal(network, "https://cats.example/endless/chunked")
