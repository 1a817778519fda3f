"""Draw the sample in a process of its own, for `smallimg.data.challenge.aside`; it tells a line a picture."""

import json
import os
import sys
from pathlib import Path

from smallimg.data.challenge.writer import write_challenge
from smallimg.errors import SmallimgError, in_words

#: Whoever started it, and has others to answer, comes first.
BY = 5


def main(out: str, train: str, test: str) -> int:
    """Draw it, and tell how far that is, or what is in the way; 0 when it is whole."""

    def tell(**what: object) -> None:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()  # whoever started it and is gone ends it by that

    os.nice(BY)
    try:
        write_challenge(Path(out), train=int(train), test=int(test), progress=lambda done, of: tell(done=done, of=of))
    except BrokenPipeError:
        return 1
    except (SmallimgError, OSError) as error:
        tell(error=in_words(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
