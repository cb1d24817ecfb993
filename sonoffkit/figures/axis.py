"""Addresses along an axis: hexadecimal, at round places."""

from __future__ import annotations

from matplotlib.axis import Axis

from .words import address

__all__ = ["address_axis", "address_ticks"]


def address_ticks(start: int, end: int, most: int = 9) -> list[int]:
    """At most so many addresses from ``start`` to ``end``, at multiples of the smallest power of two that allows it."""
    step = 1
    while (end - start) // step + 1 > most:
        step *= 2
    return list(range(-(-start // step) * step, end + 1, step))


def address_axis(axis: Axis, start: int, end: int, most: int = 9) -> None:
    """Put addresses on an axis that is measured in them."""
    ticks = address_ticks(start, end, most)
    axis.set_ticks(ticks, labels=[address(tick) for tick in ticks])
