"""What a reader of the page gets to see."""

import re

#: A name that means harm, and is a file's all the same.
EVIL = '<img src=x onerror="alert(1)">&\'.png'


def words(html: str) -> str:
    """What a reader sees: the text without its tags, spaces made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def tags_of(html: str) -> str:
    """The tags alone, with nothing between their quotes: what a browser would act on."""
    return "".join(re.findall(r"<[a-z0-9]+ [^>]*>", re.sub(r'"[^"]*"', '""', html)))
