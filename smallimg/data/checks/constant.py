"""Pictures of one colour, which show nothing."""

from smallimg.data.checks.examined import Examined
from smallimg.data.checks.finding import Finding
from smallimg.data.wording import FOUND, counted, some


def constant_pictures(examined: Examined) -> list[Finding]:
    """Pictures all pixels of which have one colour."""
    found = [picture for picture in examined.pictures if picture.facts.is_constant]
    if not found:
        return []
    are = "is" if len(found) == 1 else "are"
    names = some((one.name for one in found), most=FOUND)
    message = f"{counted(len(found), 'picture')} {are} of one colour all over ({names})"
    paths = tuple(picture.sample.path for picture in found)
    return [Finding("constant-picture", "warning", message, "export again, or take out", len(found), paths)]
