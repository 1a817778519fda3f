"""What strace writes is understood: whom a process would talk to, and which files it would make."""

from pathlib import Path

import pytest
from system_calls import contacts, outside, written

CWD = Path("/project")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            'connect(5<UDP:[1]>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("10.0.0.1")}, 16) = 0',
            ["connect to 10.0.0.1, port 53"],
        ),
        (
            'sendto(5<UDP:[1]>, "\\1\\0", 2, MSG_NOSIGNAL, '
            '{sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 2',
            ["sendto to 127.0.0.53, port 53"],
        ),
        (
            "connect(5<TCPv6:[1]>, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), "
            'inet_pton(AF_INET6, "2606::1", &sin6_addr), sin6_scope_id=0}, 28) = -1 ENETUNREACH (No network)',
            ["connect to 2606::1, port 443"],
        ),
        (
            'connect(5<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(443), '
            'sin_addr=inet_addr("1.2.3.4")}, 16 <unfinished ...>',
            ["connect to 1.2.3.4, port 443"],
        ),
        (
            "sendmmsg(5<UDP:[1]>, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(53), "
            'sin_addr=inet_addr("10.0.0.1")}, msg_iov=[{iov_base="x", iov_len=1}]}, msg_len=1}], 1, MSG_NOSIGNAL) = 1',
            ["sendmmsg to 10.0.0.1, port 53"],
        ),
        (
            'connect(5<UNIX:[1]>, {sa_family=AF_UNIX, sun_path="/run/systemd/resolve/io.systemd.Resolve"}, 42) = 0',
            ["connect to /run/systemd/resolve/io.systemd.Resolve"],
        ),
        ('connect(5<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(7860), sin_addr=inet_addr("127.0.0.1")}, 16) = 0', []),
        ('connect(5<UNIX:[1]>, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such)', []),
        ('bind(5<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0', []),
        ("sendto(5<socket:[1]>, \"sin_port\", 8, 0, NULL, 0) = 8", []),
    ],
)  # fmt: skip
def test_whom_a_process_would_talk_to(call: str, expected: list[str]) -> None:
    assert contacts([call], ports=[7860]) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('openat(AT_FDCWD</project>, "/home/.cache/x", O_WRONLY|O_CREAT, 0644) = 3</home/.cache/x>', "/home/.cache/x"),
        ('openat(AT_FDCWD</project>, "link/x", O_RDWR|O_CREAT, 0644) = 3</elsewhere/x>', "/elsewhere/x"),
        ('openat(6</home>, "id", O_WRONLY|O_CREAT|O_EXCL, 0600) = 7</home/id>', "/home/id"),
        ('openat(6</home>, "id", O_WRONLY|O_CREAT, 0600) = -1 EACCES (Permission denied)', "/home/id"),
        ('openat(AT_FDCWD</project>, "/a/pymatting/__pycache__", O_RDWR|O_TMPFILE, 0600) = 6</a/#12>', "/a/#12"),
        ('open("notes.txt", O_WRONLY|O_TRUNC) = 3</project/notes.txt>', "/project/notes.txt"),
        ('mkdir("/home/a/.cache", 0700) = -1 ENOENT (No such file or directory)', "/home/a/.cache"),
        ('mkdir("data", 0777) = 0', "/project/data"),
        ('symlink("/etc/passwd", "/home/a/link") = 0', "/home/a/link"),
        ('linkat(3</home>, "a", 4</tmp>, "b", 0) = 0', "/tmp/b"),
        ('creat("/home/a/x", 0644) = 3</home/a/x>', "/home/a/x"),
    ],
)  # fmt: skip
def test_which_file_a_process_would_make(call: str, expected: str) -> None:
    assert written([call], cwd=CWD) == {Path(expected)}


def test_both_names_of_a_move_count() -> None:
    assert written(['rename("/home/a/x", "y") = 0'], cwd=CWD) == {Path("/home/a/x"), Path("/project/y")}


@pytest.mark.parametrize(
    "call",
    [
        'openat(AT_FDCWD</project>, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3</etc/hosts>',
        'openat(AT_FDCWD</project>, "/etc/O_CREAT", O_RDONLY|O_DIRECTORY) = 3</etc/O_CREAT>',
        'mkdir("/home/a", 0700) = -1 EEXIST (File exists)',
        'connect(5<UNIX:[1]>, {sa_family=AF_UNIX, sun_path="/run/x"}, 9) = 0',
        "+++ exited with 0 +++",
        "--- SIGCHLD {si_signo=SIGCHLD} ---",
    ],
)
def test_what_is_read_or_there_already_does_not_count(call: str) -> None:
    assert written([call], cwd=CWD) == set()


def test_outside_is_what_lies_in_none_of_the_folders() -> None:
    paths = [
        Path(name)
        for name in ("/runs/a/b", "/runs", "/runs2", "/dev/null", "/proc/self/x", "/p/__pycache__/a.cpython-311.pyc.12")
    ]
    assert outside(paths, Path("/runs")) == [Path("/runs2")]
    assert outside([Path("/p/__pycache__/f-60.py311.1.nbc")]) == [Path("/p/__pycache__/f-60.py311.1.nbc")]
