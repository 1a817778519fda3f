"""What a process asks the system for, as strace tells it: whom it would talk to, and which files it would write.

Attempts count as well as what succeeds: a test machine may have no network, and a home in which nothing can be written.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

CALLS = (
    "connect,sendto,sendmsg,sendmmsg,"
    "open,openat,creat,mkdir,mkdirat,mknod,mknodat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,truncate"
)
_CALL = re.compile(r"^(?P<name>\w+)\((?P<arguments>.*?)(?:\) += (?P<result>.*)| <unfinished .*)$")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<name>(?:[^"\\]|\\.)*)"')
_INET = re.compile(r'sin6?_port=htons\((?P<port>\d+)\).*?inet_(?:addr\(|pton\(AF_INET6, )"(?P<address>[^"]+)"')
_UNIX = re.compile(r'sun_path=@?"(?P<path>[^"]+)"')
_WRITES = re.compile(r'", [A-Z_|]*O_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE)')
_OPENED = re.compile(r"^\d+<(?P<path>/.*)>$")


def why_no_strace() -> str | None:
    """Why processes cannot be watched here, in a sentence; None where they can."""
    if shutil.which("strace") is None:
        return "strace is not on this machine: apt install strace"
    if subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        return "strace may not watch other processes here (a container needs the capability SYS_PTRACE)"
    return None


def strace(output: Path) -> list[str]:
    """The words before a command that let it be watched, its threads and children too; `read_calls` reads `output`."""
    output.mkdir()
    return [
        "strace", "-ff", "--seccomp-bpf", "-y", "-qq", "-s", "4096", "-e", f"trace={CALLS}", "-e", "signal=none",
        "-o", str(output / "calls"), "--",
    ]  # fmt: skip


def read_calls(output: Path) -> list[str]:
    """All lines that strace wrote, a system call each."""
    return [line for file in sorted(output.iterdir()) for line in file.read_text("utf-8", "replace").splitlines()]


def contacts(calls: Iterable[str], *, ports: Iterable[int] = ()) -> list[str]:
    """Whom the process would talk to beside itself, one text a call.

    Looking up a name is talking to its server, even where that runs on this machine (port 53, or a socket's file).

    Args:
        ports: of this machine that are the process's own.
    """
    own = frozenset(ports)
    found = []
    for name, arguments, _ in _parsed(calls):
        if name not in ("connect", "sendto", "sendmsg", "sendmmsg"):
            continue
        for match in _INET.finditer(arguments):
            address, port = match["address"], int(match["port"])
            is_here = address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1")
            if not (is_here and port in own):
                found.append(f"{name} to {address}, port {port}")
        found += [
            f"{name} to {match['path']}"
            for match in _UNIX.finditer(arguments)
            if any(word in match["path"].lower() for word in ("resolve", "avahi", "mdns"))
        ]
    return found


def written(calls: Iterable[str], *, cwd: Path) -> set[Path]:
    """The files and folders that the process would make or change; those that were there already are not made.

    Args:
        cwd: its working folder.
    """
    found: set[Path] = set()
    for name, arguments, result in _parsed(calls):
        paths = [Path(os.path.normpath(cwd / (one["folder"] or "") / one["name"])) for one in _PATH.finditer(arguments)]
        if name in ("connect", "sendto", "sendmsg", "sendmmsg") or "EEXIST" in result or not paths:
            continue
        if name in ("open", "openat"):
            if not _WRITES.search(arguments):
                continue
            opened = _OPENED.match(result)
            found.add(Path(opened["path"]) if opened else paths[0])
        elif name.startswith("rename"):
            found |= set(paths)
        else:  # a link's own name is its second
            found.add(paths[-1])
    return found


def outside(paths: Iterable[Path], *folders: Path) -> list[Path]:
    """Those of the paths that lie in none of the folders.

    Devices, the kernel's own files, and what Python keeps beside a source file once it has read it, are not outside.
    """
    homes = [*folders, Path("/dev"), Path("/proc")]
    return sorted(
        path
        for path in paths
        if not any(path.is_relative_to(home) for home in homes)
        and not (path.name == "__pycache__" or (path.parent.name == "__pycache__" and ".pyc" in path.name))
    )


def _parsed(calls: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Name, arguments and result of each call; the result is empty where the process ended meanwhile."""
    for line in calls:
        if match := _CALL.match(line):
            yield match["name"], match["arguments"], match["result"] or ""
