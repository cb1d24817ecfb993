"""Strings: those that a regular expression finds, as a sequence that decodes lazily."""

from __future__ import annotations

import re
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.analysis import FoundString, strings, wide_strings
from sonoffkit.analysis.octets import SLICE

TEXTISH = st.lists(st.sampled_from([b"a", b"Zz", b"\t", b" ~", b"\x00", b"\x7f", b"\xc3\xa4", b"\xff"]), max_size=120)
DATA = st.binary(max_size=500) | TEXTISH.map(b"".join)
WIDE = st.lists(st.sampled_from([b"\x00", b"a\x00", b"~\x00b\x00", b"\xe4\x00", b"\x41", b"\x00\x01"]), max_size=80)


def by_expression(data: bytes, shortest: int) -> list[FoundString]:
    matches = re.finditer(rb"[\t\x20-\x7e]{%d,}" % shortest, data)
    return [FoundString(match.start(), len(match[0]), match[0].decode()) for match in matches]


@given(DATA, st.integers(1, 9))
@example(b"", 1)
@example(b"x", 1)
@example(b"abc", 9)
def test_strings_are_those_of_the_expression(data, shortest):
    assert list(strings(data, shortest)) == by_expression(data, shortest)


@given(WIDE.map(b"".join), st.integers(1, 5))
@example(b"\x00a\x00b\x00", 2)
def test_wide_strings_are_found_at_even_and_odd_addresses(data, shortest):
    matches = re.finditer(rb"(?:[\t\x20-\x7e]\x00){%d,}" % shortest, data)
    expected = [FoundString(match.start(), len(match[0]), match[0].decode("utf-16-le")) for match in matches]
    assert list(wide_strings(data, shortest)) == expected


@pytest.mark.parametrize("shift", range(-9, 3))
@pytest.mark.parametrize("length", [5, 6, 7])
def test_a_string_across_two_slices_is_one(shift, length):
    data = bytearray(2 * SLICE)
    data[SLICE + shift : SLICE + shift + length] = b"x" * length
    assert list(strings(data)) == by_expression(bytes(data), 6)


def test_a_text_of_several_slices_is_one_string():
    assert [(found.at, found.size) for found in strings(b"\x00" + b"x" * (3 * SLICE))] == [(1, 3 * SLICE)]
    assert [found.size for found in wide_strings(b"x\x00" * (2 * SLICE))] == [4 * SLICE]


def test_strings_are_a_sequence():
    found = strings(b"first!\x00second\x00\x00third!!\x01")
    assert len(found) == 3
    assert found[0] == FoundString(0, 6, "first!")
    assert found[-1].text == "third!!"
    assert [item.text for item in found[1:]] == ["second", "third!!"]
    assert [item.text for item in found[::2]] == ["first!", "third!!"]
    assert [item.at for item in reversed(found)] == [15, 7, 0]
    assert FoundString(7, 6, "second") in found
    with pytest.raises(IndexError):
        found[3]
    with pytest.raises(ValueError, match=re.escape("strings go upwards; use reversed()")):
        found[::-1]


def test_a_password_is_not_in_the_representation():
    assert repr(strings(b"hunter22")) == "<Strings: 1>"


@given(DATA, st.integers(0, 500), st.integers(0, 500))
def test_between_are_those_that_begin_there(data, start, end):
    found = strings(data, 2)
    assert list(found.between(start, end)) == [item for item in found if start <= item.at < end]


@given(
    DATA, st.lists(st.sampled_from(["a", "zZ", "a z", "", "ä", "\x7f", "~A", "\t"]) | st.text(max_size=3), max_size=3)
)
def test_find_gives_what_holds_one_of_the_words(data, words):
    found = strings(data, 2)
    # str.lower() would make the Kelvin sign a k: capitals are a matter of ASCII here.
    wanted = [word.lower() for word in words if word and word.isascii()]
    assert list(found.find(words)) == [item for item in found if any(word in item.text.lower() for word in wanted)]


def test_find_takes_a_single_word_and_looks_only_into_its_strings():
    found = strings(b"Tasmota 9\x00TASmota 8\x00tasm\x00none here")
    assert [item.text for item in found.find("tasmota")] == ["Tasmota 9", "TASmota 8"]
    assert [item.text for item in found[1:].find("TASMOTA")] == ["TASmota 8"]
    assert [item.text for item in found[::2].find("a")] == ["Tasmota 9"]
    assert list(found.find("9\x00T")) == list(found.find([])) == list(strings(b"").find("a")) == []


def test_find_works_on_wide_strings():
    data = b"\x01" + "Hello, World".encode("utf-16-le") + b"\x01"
    assert [item.at for item in wide_strings(data).find("WORLD")] == [1]


@pytest.mark.parametrize("function", [strings, wide_strings])
def test_a_string_without_characters_is_refused(function):
    with pytest.raises(ValueError, match="a string has at least 1 character, not 0"):
        function(b"abc", 0)


def test_many_short_strings_take_memory_in_proportion():
    data = b"a\x00" * (2 << 20)
    tracemalloc.start()
    found = strings(data, 1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 2 << 20
    assert peak < 12 * len(data)
