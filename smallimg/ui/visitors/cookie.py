"""The cookie by which a visitor is known again: a random id, signed, so that nobody can claim another's."""

import hashlib
import hmac
import os
import re
import secrets
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from smallimg.environment import home
from smallimg.errors import OwnerError

COOKIE = "smallimg-visitor"
SECRET_FILE = ".visitors-secret"
KEPT_S = 365 * 24 * 3600


def read_secret(folder: Path | None = None) -> bytes:
    """What this page signs with; made on first use, and kept for when the server is started again.

    Raises:
        OwnerError: when it can be neither read nor kept.
    """
    file = (folder or home()) / SECRET_FILE
    new = file.with_name(f"{SECRET_FILE}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(secrets.token_bytes(32))
            if not file.exists():  # another process may have been first
                new.rename(file)
            new.unlink(missing_ok=True)
        file.chmod(0o600)
        return file.read_bytes()
    except OSError as error:
        raise OwnerError(
            f"The page cannot tell its visitors apart: {file} can be neither read nor written ({error.strerror}). Let "
            "the setting SMALLIMG_HOME name a folder that can."
        ) from error


def new_visitor() -> str:
    """An id that nobody can guess."""
    return f"guest-{secrets.token_urlsafe(16)}"


def signed(visitor: str, secret: bytes) -> str:
    """What the cookie holds."""
    return f"{visitor}.{_signature(visitor, secret)}"


def visitor_in(header: str, secret: bytes) -> str | None:
    """The visitor whom a Cookie header names; None where it names none, or the name is not signed by this page."""
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    visitor, _, signature = (morsel.value if morsel else "").rpartition(".")
    if not re.fullmatch(r"guest-[\w-]{22}", visitor, re.ASCII):
        return None
    return visitor if hmac.compare_digest(signature.encode(), _signature(visitor, secret).encode()) else None


def set_cookie(value: str, *, secure: bool, embedded: bool) -> str:
    """A Set-Cookie header.

    Args:
        value: what it holds.
        secure: whether the page is reached by HTTPS.
        embedded: whether it is shown within a page of another site, as a Space is, where only a cookie that is kept
            apart for that site is sent.
    """
    site = "SameSite=None; Secure; Partitioned" if embedded else f"SameSite=Lax{'; Secure' if secure else ''}"
    return f"{COOKIE}={value}; Max-Age={KEPT_S}; Path=/; HttpOnly; {site}"


def _signature(visitor: str, secret: bytes) -> str:
    return hmac.new(secret, visitor.encode(), hashlib.sha256).hexdigest()
