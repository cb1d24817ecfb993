"""Which values there are: the histogram of bytes, and their five classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .octets import Bytes, Octets, octets, slices

__all__ = ["CLASSES", "byte_classes", "class_counts", "histogram"]

CLASSES = ("00", "FF", "text", "low", "high")


def histogram(data: Bytes) -> NDArray[np.int64]:
    """How often each byte value occurs: int64[256]."""
    view = octets(data)
    counts = np.zeros(256, np.int64)
    for start, end in slices(len(view)):
        counts += np.bincount(view[start:end], minlength=256)
    return counts


def byte_classes(data: Bytes) -> Octets:
    """The class of each byte, as an index into CLASSES: uint8[n].

    Text is 20..7E, tab, line feed and carriage return; low the other values below 80; high
    those from 80 on, but FF, which is erased flash.
    """
    return _CLASS_OF[octets(data)]


def class_counts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """From a histogram, how many bytes there are of each class: int64[5]."""
    sums = np.zeros(len(CLASSES), np.int64)
    np.add.at(sums, _CLASS_OF, counts)
    return sums


def _class_of(value: int) -> str:
    if value in (0x00, 0xFF):
        return f"{value:02X}"
    if 0x20 <= value <= 0x7E or value in b"\t\n\r":
        return "text"
    return "low" if value < 0x80 else "high"


_CLASS_OF = np.array([CLASSES.index(_class_of(value)) for value in range(256)], np.uint8)
