"""The chi-square test, against published values and against compressed and random bytes."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.analysis import chi_square
from sonoffkit.analysis.randomness import upper_tail


# Upper critical values of the distribution at 255 degrees of freedom, as the statistical tables print them.
@pytest.mark.parametrize(
    ("statistic", "p"), [(293.2478, 0.05), (310.4574, 0.01), (284.3359, 0.10), (254.3343, 0.50), (219.0253, 0.95)]
)
def test_the_tail_is_that_of_the_tables(statistic, p):
    assert upper_tail(statistic) == pytest.approx(p, rel=2e-3)


def test_random_bytes_have_a_p_anywhere():
    rng = np.random.default_rng(2)
    found = [chi_square(rng.bytes(4096))[1] for _ in range(300)]
    assert np.histogram(found, 3, (0, 1))[0] == pytest.approx([100] * 3, abs=35)


def test_compressed_bytes_have_nearly_none():
    words = " ".join(str(number * number) for number in range(90_000)).encode()
    assert chi_square(zlib.compress(words, 9))[1] < 1e-6


def test_values_exactly_alike_have_one():
    assert chi_square(bytes(range(256)) * 10) == (0.0, 1.0)


def test_no_bytes_tell_nothing():
    assert chi_square(b"") == (0.0, 1.0)


def test_a_large_constant_file_has_none():
    assert chi_square(bytes(1 << 20)) == (255.0 * (1 << 20), 0.0)


@given(st.binary(min_size=1, max_size=2000))
def test_p_is_a_probability(data):
    statistic, p = chi_square(data)
    assert statistic >= 0
    assert 0 <= p <= 1
