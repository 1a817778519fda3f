"""Who may put pictures into a set for a while without being its owner: a phone that was shown a code.

The code lies in a hidden file of the set. It opens that set only, only for pictures to come, and no longer than
`VALID_S`. A new one takes the place of the old.
"""

import hmac
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass

from smallimg.data.by_class import read_classes
from smallimg.data.kept import KeptData, find_data
from smallimg.errors import DataError
from smallimg.files import read_json, write_json
from smallimg.visitors.asking import MACHINE, Asker, asking
from smallimg.visitors.owner import owner_of

INVITED = ".invited.json"
VALID_S = 15 * 60.0
OVER = "This code is no longer valid: press “Use a phone” on the computer again, and scan the new one."


@dataclass(frozen=True)
class Invitation:
    """What a code opens.

    Attributes:
        data: the set.
        label: the class at hand.
        owner: whose the set is; what comes counts as theirs.
        seconds: for how long the code still opens it.
    """

    data: KeptData
    label: str
    owner: Asker
    seconds: float

    @property
    def class_names(self) -> list[str]:
        """The set's classes, in their order."""
        return [one.name for one in read_classes(self.data.path)]


def invite(data: KeptData, label: str) -> str:
    """Let whoever has the code put pictures into a set; the code, `set/secret`.

    Args:
        data: the set.
        label: the class at hand.

    Raises:
        DataError: when the set has no such class.
    """
    if label not in [one.name for one in read_classes(data.path)]:
        raise DataError("Give the class a name first: the phone's pictures go into it.")
    secret = secrets.token_urlsafe(9)
    write_json(data.path / INVITED, {"secret": secret, "class": label, "until": time.time() + VALID_S})
    return f"{data.id}/{secret}"


def take_back_invitation(data: KeptData) -> None:
    """From now on no code opens a set."""
    with suppress(FileNotFoundError):
        (data.path / INVITED).unlink()


def find_invitation(data_id: str, secret: str) -> Invitation:
    """What a code opens.

    Raises:
        DataError: when it is none, or no longer valid; which of the two is not told.
    """
    with asking(MACHINE):  # whoever has the code need not be the owner
        try:
            data = find_data(data_id)
        except DataError as error:
            raise DataError(OVER) from error
    said = read_json(data.path / INVITED)
    known, until = said.get("secret"), said.get("until")
    pair = [one.encode("utf-8", "surrogatepass") for one in (known, secret) if isinstance(one, str)]
    is_it = len(pair) == 2 and hmac.compare_digest(*pair)
    seconds = until - time.time() if isinstance(until, int | float) else 0.0
    if not is_it or not 0 < seconds <= VALID_S:
        raise DataError(OVER)
    owner = owner_of(data.path)
    return Invitation(data, str(said.get("class", "")), Asker((owner,)) if owner else MACHINE, seconds)
