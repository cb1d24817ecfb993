"""Bytes to numbers: entropy, byte classes, strings, runs, differences; pure functions."""

from __future__ import annotations

from .classes import CLASSES, byte_classes, class_counts, histogram
from .difference import Difference, differences
from .edges import Edge, entropy_edges
from .entropy import BANDS, Band, band_of, block_entropy, random_ceiling, shannon_entropy, sliding_entropy
from .numbers import Numbers, measure
from .randomness import chi_square
from .repeats import Run, runs
from .text import FoundString, Strings, strings, wide_strings

__all__ = [
    "BANDS", "CLASSES", "Band", "Difference", "Edge", "FoundString", "Numbers", "Run", "Strings",
    "band_of", "block_entropy", "byte_classes", "chi_square", "class_counts", "differences",
    "entropy_edges", "histogram", "measure", "random_ceiling", "runs", "shannon_entropy",
    "sliding_entropy", "strings", "wide_strings",
]  # fmt: skip
