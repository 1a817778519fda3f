"""Programs run as another user, where this one has the right to that."""

import os
import shutil
import subprocess
import sys

#: A user of no name, and so of no home either.
STRANGER = 54321


def as_stranger() -> list[str]:
    """The words that run a command as another user, who may read everything (this project may lie in a closed home)
    and write nothing but what is everybody's or his; none where we are not root, and have no other user's rights."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        return []
    capability = "+dac_read_search"
    words = [
        "setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups",
        f"--inh-caps={capability}", f"--ambient-caps={capability}",
    ]  # fmt: skip
    can_run = subprocess.run([*words, sys.executable, "-c", ""], capture_output=True, check=False).returncode == 0
    return words if can_run else []
