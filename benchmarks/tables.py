"""Markdown tables that say where and when they were measured."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch
import typer

#: Instructions for bfloat16, which speed depends on more than on a processor's name; Linux's words for them.
BFLOAT16 = ("amx_bf16", "avx512_bf16", "sve_bf16", "bf16")


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    typer.echo(f"\n**{title}** ({machine()})\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        typer.echo(f"| {' | '.join(row)} |")


def machine() -> str:
    """What this is measured on, as the system tells it: nobody has to remember it, and no one can get it wrong."""
    name = processor(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return f"{os.cpu_count()} cores, {name}, torch {torch.__version__}, {date.today():%Y-%m-%d}"


def processor(cpuinfo: str) -> str:
    """The processor's name and its instructions for bfloat16, from what `/proc/cpuinfo` says of the first core.

    An ARM has no name there, but the numbers of its maker and part.
    """
    rows = (line.partition(":") for line in cpuinfo.split("\n\n", maxsplit=1)[0].splitlines())
    found = {field.strip(): value.strip() for field, _, value in rows}
    parts = [found[field] for field in ("CPU implementer", "CPU part") if field in found]
    name = found.get("model name") or " ".join(["ARM", *parts] if parts else ["unknown processor"])
    flags = found.get("flags", found.get("Features", "")).split()
    have = [flag for flag in BFLOAT16 if flag in flags]
    return f"{name} with {' and '.join(have)}" if have else f"{name} without bfloat16"
