"""Benchmarks, run by hand: see README.md here."""

import smallimg  # noqa: F401  # its settings come before the packages that are measured
