"""The histogram and the classes, against a plain count."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.analysis import CLASSES, byte_classes, class_counts, histogram


def class_of(value: int) -> str:
    if value in (0, 255):
        return {0: "00", 255: "FF"}[value]
    if chr(value) in "\t\n\r" or " " <= chr(value) <= "~":
        return "text"
    return "low" if value < 128 else "high"


def test_each_value_has_its_class():
    found = [CLASSES[number] for number in byte_classes(bytes(range(256)))]
    assert found == [class_of(value) for value in range(256)]


@given(st.binary(max_size=2000))
def test_values_and_classes_are_counted(data):
    counts = histogram(data)
    assert counts.tolist() == [Counter(data)[value] for value in range(256)]
    assert class_counts(counts).tolist() == [sum(class_of(value) == name for value in data) for name in CLASSES]


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3_000_001])
def test_slices_lose_no_byte(size):
    assert histogram(b"\xff" * size)[255] == histogram(b"\xff" * size).sum() == size
    assert len(byte_classes(bytes(size))) == size
