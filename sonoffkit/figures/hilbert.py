"""Hilbert's curve: a line through a square on which neighbours stay neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["curve"]

Steps = NDArray[np.int64]


def curve(order: int) -> tuple[Steps, Steps]:
    """Columns and rows of the 4**order places, in the order in which the curve visits them.

    It begins at the top left (0, 0) and ends at the top right.
    """
    rest = np.arange(4**order, dtype=np.int64)
    x, y = np.zeros_like(rest), np.zeros_like(rest)
    for level in range(order):
        side = 1 << level
        right = (rest >> 1) & 1
        down = (rest ^ right) & 1
        x, y = _turned(x, y, right, down, side)
        x += side * right
        y += side * down
        rest >>= 2
    return x, y


def _turned(x: Steps, y: Steps, right: Steps, down: Steps, side: int) -> tuple[Steps, Steps]:
    """A quarter of the square is a smaller curve, mirrored in the first and in the last."""
    mirrored, flipped = down == 0, (down == 0) & (right == 1)
    x, y = np.where(flipped, side - 1 - x, x), np.where(flipped, side - 1 - y, y)
    return np.where(mirrored, y, x), np.where(mirrored, x, y)
