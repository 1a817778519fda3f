"""A benchmark's table says which machine it was measured on, in the system's own words."""

from pathlib import Path

import pytest

from benchmarks.tables import machine, print_table, processor

XEON = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Processor @ 2.60GHz
flags\t\t: fpu avx512_bf16 amx_bf16 amx_tile
"""


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (XEON, "Intel(R) Xeon(R) Processor @ 2.60GHz with amx_bf16 and avx512_bf16"),
        (
            XEON + "\n" + XEON.replace("Xeon", "Atom"),
            "Intel(R) Xeon(R) Processor @ 2.60GHz with amx_bf16 and avx512_bf16",
        ),
        ("model name\t: AMD EPYC\nflags\t: fpu avx2\n", "AMD EPYC without bfloat16"),
        ("Features\t: fp bf16\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n", "ARM 0x41 0xd40 with bf16"),
        ("", "unknown processor without bfloat16"),
    ],
)
def test_the_processor_is_what_the_system_calls_it(cpuinfo: str, expected: str) -> None:
    assert processor(cpuinfo) == expected


def test_a_table_says_where_it_was_measured(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("Speed", ["", "ms"], [["ours", "1.0"]])
    first, *_, last = capsys.readouterr().out.strip().splitlines()
    assert first == f"**Speed** ({machine()})"
    assert last == "| ours | 1.0 |"
    assert processor(Path("/proc/cpuinfo").read_text("utf-8")) in first
