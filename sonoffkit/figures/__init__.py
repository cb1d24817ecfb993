"""A report as pictures: one style, read in grey and by the colour-blind, each with its words as well."""

from __future__ import annotations

from .byte_map import byte_map
from .difference_plot import difference
from .entropy_plot import entropy
from .overview import overview
from .picture import Picture

__all__ = ["Picture", "byte_map", "difference", "entropy", "overview"]
