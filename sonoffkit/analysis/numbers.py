"""All numbers of one dump, measured together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .classes import class_counts, histogram
from .edges import Edge, entropy_edges
from .entropy import block_entropy, random_ceiling
from .octets import Bytes, octets
from .repeats import Run, runs
from .text import Strings, strings

__all__ = ["Numbers", "measure"]


@dataclass(frozen=True, eq=False)
class Numbers:
    """What can be counted in a dump of n bytes, without knowing what it is.

    ``entropy`` is float64[ceil(n / block)] in bits per byte, ``ceiling`` what random bytes reach
    in such a block, ``histogram`` int64[256], ``classes`` int64[5] in the order of CLASSES.
    """

    block: int
    entropy: NDArray[np.float64]
    ceiling: float
    histogram: NDArray[np.int64]
    classes: NDArray[np.int64]
    strings: Strings
    runs: tuple[Run, ...]
    edges: tuple[Edge, ...]


def measure(data: Bytes, block: int = 1024) -> Numbers:
    """Measure any bytes, empty ones too. ValueError for a block below 1."""
    view = octets(data)
    entropy = block_entropy(view, block)
    counts = histogram(view)
    return Numbers(
        block=block,
        entropy=entropy,
        ceiling=random_ceiling(block),
        histogram=counts,
        classes=class_counts(counts),
        strings=strings(view),
        runs=runs(view),
        edges=entropy_edges(entropy, block),
    )
