"""Compressed or random? Both have high entropy; the chi-square test tells them apart."""

from __future__ import annotations

import math

import numpy as np

from .classes import histogram
from .octets import Bytes

__all__ = ["chi_square", "upper_tail"]

FREEDOM = 255  # 256 values, one of which follows from the others


def chi_square(data: Bytes) -> tuple[float, float]:
    """How far the bytes are from all values being equally frequent: (statistic, p).

    p is the probability that random bytes are at least as far off. Encrypted or random bytes
    have any p from 0 to 1; compressed ones, and all others, nearly 0. (0.0, 1.0) for no bytes.
    Below 1280 bytes, five of each value, the statistic is too coarse to tell much.

    p is exact: with an odd number of degrees of freedom the incomplete gamma function is a
    finite sum (Abramowitz and Stegun 26.4.4).
    """
    counts = histogram(data)
    expected = counts.sum() / 256
    if not expected:
        return 0.0, 1.0
    statistic = float(((counts - expected) ** 2).sum() / expected)
    return statistic, upper_tail(statistic)


def upper_tail(statistic: float) -> float:
    """The chi-square distribution's upper tail at 255 degrees of freedom."""
    if statistic <= 0:
        return 1.0
    odd = np.arange(1, FREEDOM, 2)
    # x^(r - 1/2) / (1 * 3 * ... * (2r - 1)) as logarithms: the terms overflow where their sum does not.
    terms = (odd / 2) * math.log(statistic) - np.cumsum(np.log(odd))
    tail = math.sqrt(2 / math.pi) * float(np.exp(terms - statistic / 2).sum())
    return min(1.0, math.erfc(math.sqrt(statistic / 2)) + tail)
