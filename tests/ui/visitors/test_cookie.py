"""A visitor is known by a cookie that nobody else can make."""

import re
from pathlib import Path

import pytest

from smallimg.errors import OwnerError
from smallimg.ui.visitors.cookie import COOKIE, new_visitor, read_secret, set_cookie, signed, visitor_in


def test_a_visitor_is_known_again(tmp_path: Path) -> None:
    secret, visitor = read_secret(tmp_path), new_visitor()
    assert visitor_in(f"a=b; {COOKIE}={signed(visitor, secret)}; c=d", secret) == visitor
    assert read_secret(tmp_path) == secret
    assert len(secret) == 32
    assert [path.name for path in tmp_path.iterdir()] == [".visitors-secret"]
    assert (tmp_path / ".visitors-secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("bend", [
    lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
    lambda value: value.replace("guest-", "hub-"),
    lambda value: value.partition(".")[0],
    lambda value: f"guest-{'a' * 22}.{value.partition('.')[2]}",
    lambda value: "",
    lambda value: "ü.ü",
    lambda value: value.upper(),
])  # fmt: skip
def test_nobody_claims_to_be_another(bend: object) -> None:
    value = signed(new_visitor(), b"secret")
    assert visitor_in(f"{COOKIE}={value}", b"another secret") is None
    assert visitor_in(f"{COOKIE}={bend(value)}", b"secret") is None  # type: ignore[operator]
    assert visitor_in("", b"secret") is None


def test_the_cookie_is_for_this_page_alone() -> None:
    plain, secure, embedded = (
        set_cookie("x", secure=secure, embedded=embedded) for secure, embedded in ((0, 0), (1, 0), (1, 1))
    )
    assert re.fullmatch(rf"{COOKIE}=x; Max-Age=\d+; Path=/; HttpOnly; SameSite=Lax", plain)
    assert secure == f"{plain}; Secure"
    assert embedded.endswith("HttpOnly; SameSite=None; Secure; Partitioned")


def test_a_secret_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OwnerError, match="SMALLIMG_HOME"):
        read_secret(tmp_path / "file")
