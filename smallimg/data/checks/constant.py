"""Pictures of one colour, which show nothing."""

from smallimg.data.checks.examined import Examined, counted, some
from smallimg.data.checks.finding import Finding


def constant_pictures(examined: Examined) -> list[Finding]:
    """Pictures all pixels of which have one colour."""
    found = [picture for picture in examined.pictures if picture.facts.is_constant]
    if not found:
        return []
    are = "is" if len(found) == 1 else "are"
    message = f"{counted(len(found), 'picture')} {are} of one colour all over ({some(one.name for one in found)})"
    paths = tuple(picture.sample.path for picture in found)
    return [Finding("constant-picture", "warning", message, "export again, or take out", len(found), paths)]
