"""Stretches of neighbouring bytes with something in common, slice by slice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .octets import slices

__all__ = ["Addresses", "Marks", "stretches"]

Addresses = NDArray[np.uint32]
Marks = NDArray[np.bool_]


def stretches(marked: Callable[[int, int], Marks], size: int, shortest: int = 1) -> tuple[Addresses, Addresses]:
    """Where marked bytes stand together, at least ``shortest`` of them: their starts and ends.

    ``marked(start, end)`` tells it for one slice; short stretches are dropped there and
    then, so that millions of them never exist at once.
    """
    starts, ends = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint32)]
    ahead = shortest - 1
    beginnings = max(0, size - ahead)  # where a long enough stretch may begin
    open_start = np.zeros(0, np.int64)  # none, or the one start whose end has not come yet
    for start, end in slices(beginnings):
        mask = _long_enough(marked(start, end + ahead), shortest)
        edges = np.concatenate([open_start, start + _changes(mask, bool(len(open_start)), end == beginnings)])
        closed = len(edges) // 2 * 2
        open_start = edges[closed:]
        starts.append(edges[:closed:2].astype(np.uint32))
        ends.append((edges[1:closed:2] + ahead).astype(np.uint32))
    return np.concatenate(starts), np.concatenate(ends)


def _long_enough(mask: Marks, shortest: int) -> Marks:
    """Where ``shortest`` marks begin one after the other; so much shorter is the result."""
    width = 1
    while width < shortest:
        more = min(width, shortest - width)
        mask = mask[:-more] & mask[more:]
        width += more
    return mask


def _changes(mask: Marks, before: bool, is_last: bool) -> NDArray[np.int64]:
    """Where a slice's marks differ from their left neighbours; a last mark ends with the data."""
    padded = np.concatenate([[before], mask, [False] if is_last else mask[-1:]])
    return np.flatnonzero(padded[1:] != padded[:-1])
