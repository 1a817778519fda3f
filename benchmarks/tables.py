"""Markdown tables that say where and when they were measured."""

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import torch
import typer


def print_table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    typer.echo(f"\n**{title}** ({machine()})\n\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        typer.echo(f"| {' | '.join(row)} |")


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    name = next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown processor")
    return f"{os.cpu_count()} cores, {name}, torch {torch.__version__}, {date.today():%Y-%m-%d}"
