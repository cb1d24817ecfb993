"""What a bad line does to bytes: one in so many, by a chance that can be repeated."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.practice import Faults, practice_device
from sonoffkit.practice.slip import slip_encode
from sonoffkit.practice.tampering import DELAY_SECONDS, Tampering

WAYS = ["to_host", "to_chip"]
KINDS = ["drop", "flip", "duplicate", "delay"]
LONG = bytes(range(256)) * 800  # 204800 bytes
SYNC = slip_encode(b"\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + 32 * b"\x55")

each_way = pytest.mark.parametrize("way", WAYS)
each_kind = pytest.mark.parametrize("kind", KINDS)


def bad_line(kind: str, way: str, one_in: int, seed: int = 0) -> Tampering:
    return Tampering(Faults(**{f"{kind}_{way}": one_in, "seed": seed}))


def joined(pieces) -> bytes:
    return b"".join(data for _, data in pieces)


def hits(kind: str, pieces) -> list[int]:
    """Which bytes of LONG were hit."""
    if kind == "delay":
        return list(itertools.accumulate(len(data) for _, data in pieces))[:-1]
    got, at, found = joined(pieces), 0, []
    for n, byte in enumerate(LONG):  # neighbours differ, so that nothing is ambiguous
        if got[at : at + 1] != bytes([byte]):
            found.append(n)
            at += kind == "flip"
        elif kind == "duplicate" and got[at + 1 : at + 2] == bytes([byte]):
            found.append(n)
            at += 2
        else:
            at += 1
    return found


@each_way
def test_a_healthy_line_changes_nothing(way):
    assert Tampering(Faults(seed=7)).on(LONG, way) == [(0.0, LONG)]


@each_way
@pytest.mark.parametrize(
    ("kind", "pieces"),
    [
        ("drop", []),
        ("duplicate", [(0.0, b"aabb")]),
        ("delay", [(DELAY_SECONDS, b"a"), (DELAY_SECONDS, b"b")]),
    ],
)
def test_one_in_one_hits_every_byte(way, kind, pieces):
    assert bad_line(kind, way, 1).on(b"ab", way) == pieces


@each_way
def test_a_flip_turns_one_bit_and_any_of_them(way):
    data = b"\0" * 2000
    turned = joined(bad_line("flip", way, 1).on(data, way))
    assert set(turned) == {1 << n for n in range(8)}
    assert len(turned) == len(data)


def test_the_other_way_is_not_touched():
    for kind, (way, other) in itertools.product(KINDS, (WAYS, WAYS[::-1])):
        assert bad_line(kind, way, 1).on(LONG, other) == [(0.0, LONG)]


@each_way
@each_kind
def test_the_same_seed_hits_the_same_bytes_and_another_seed_others(way, kind):
    first, again, other = (bad_line(kind, way, 50, seed).on(LONG, way) for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert hits(kind, first) != hits(kind, other)


@each_way
@each_kind
@pytest.mark.parametrize("one_in", [10, 200])
def test_about_one_byte_in_so_many_is_hit(way, kind, one_in):
    for seed in range(3):
        found = hits(kind, bad_line(kind, way, one_in, seed).on(LONG, way))
        assert len(found) == pytest.approx(len(LONG) / one_in, rel=0.2)


@each_way
def test_the_gaps_between_hits_are_chance_and_no_beat(way):
    found = hits("drop", bad_line("drop", way, 50).on(LONG, way))
    gaps = [b - a for a, b in itertools.pairwise(found)]
    assert min(gaps) == 1
    assert max(gaps) > 250
    assert sum(gap <= 35 for gap in gaps) == pytest.approx(len(gaps) / 2, rel=0.1)  # the half-life of one in 50


def test_each_kind_and_each_way_has_its_own_chance():
    found = [hits(kind, bad_line(kind, way, 50).on(LONG, way)) for kind in KINDS for way in WAYS]
    assert all(one != other for one, other in itertools.combinations(found, 2))


@each_way
@pytest.mark.parametrize("kind", ["drop", "flip", "duplicate", "delay"])
@given(cuts=st.lists(st.integers(0, 2000), max_size=8).map(sorted))
def test_what_comes_in_pieces_is_hit_as_the_whole_is(way, kind, cuts):
    data = LONG[:2000]
    whole = bad_line(kind, way, 20).on(data, way)
    line = bad_line(kind, way, 20)
    pieces = [line.on(data[a:b], way) for a, b in itertools.pairwise([0, *cuts, len(data)])]
    assert b"".join(map(joined, pieces)) == joined(whole)
    assert sum(delay for parts in pieces for delay, _ in parts) == pytest.approx(sum(delay for delay, _ in whole))


@each_way
def test_a_late_byte_makes_all_after_it_late(way):
    pieces = bad_line("delay", way, 1000).on(LONG, way)
    assert joined(pieces) == LONG
    assert [delay for delay, _ in pieces] == [0.0] + [DELAY_SECONDS] * (len(pieces) - 1)
    assert len(pieces) > 100


def test_several_faults_at_once_hit_a_byte_once():
    faults = Faults(drop_to_host=1, flip_to_host=1, duplicate_to_host=1)
    assert joined(Tampering(faults).on(b"abc", "to_host")) == b""
    faults.drop_to_host = None
    assert len(joined(Tampering(faults).on(b"abc", "to_host"))) == 6  # "duplicate" comes before "flip"


def test_several_faults_at_once_hit_as_each_does_alone():
    together = Faults(drop_to_host=100, delay_to_host=5000, seed=5)
    pieces = Tampering(together).on(LONG, "to_host")
    assert joined(pieces) == joined(bad_line("drop", "to_host", 100, 5).on(LONG, "to_host"))
    late = bad_line("delay", "to_host", 5000, 5).on(LONG, "to_host")
    assert [delay for delay, _ in pieces] == [delay for delay, _ in late]


@each_way
@each_kind
def test_a_line_goes_on_where_it_was(way, kind):
    line = bad_line(kind, way, 50)
    assert hits(kind, line.on(LONG, way)) != hits(kind, line.on(LONG, way))


@each_way
def test_a_fault_that_is_healed_and_set_again_begins_anew(way):
    faults = Faults(**{f"drop_{way}": 50})
    line = Tampering(faults)
    first = line.on(LONG, way)
    faults.heal()
    assert line.on(LONG, way) == [(0.0, LONG)]
    faults.parse([f"drop-{way}".replace("_", "-"), "50"])
    assert line.on(LONG, way) == first


@each_way
def test_another_seed_or_another_rate_begins_anew(way):
    faults = Faults(**{f"drop_{way}": 50})
    line = Tampering(faults)
    line.on(LONG, way)
    faults.seed = 9
    assert line.on(LONG, way) == bad_line("drop", way, 50, 9).on(LONG, way)
    setattr(faults, f"drop_{way}", 70)
    assert line.on(LONG, way) == bad_line("drop", way, 70, 9).on(LONG, way)


# On a device


def answers_over(name: str, openings: list[int]) -> bytes:
    """What comes of so many questions in each of several openings of a device's port, at a bad line."""
    device = practice_device(name, model="basic")
    device.faults.drop_to_host, device.faults.seed = 100, 1
    got = b""
    for questions in openings:
        line = device.attach()
        for _ in range(questions):
            line.write(SYNC)
            got += line.take(1000)
        device.detach()
    return got


def test_the_chance_of_a_device_goes_on_over_re_opened_ports():
    once = answers_over("one", [30])
    assert answers_over("other", [10, 1, 0, 19]) == once
    assert len(once) == pytest.approx(30 * 8 * 12 * 0.99, rel=0.02)
    third = len(answers_over("third", [10]))
    assert once[third : 2 * third] != once[:third]


def test_each_device_has_a_line_of_its_own():
    practice_device("one", model="basic").faults.drop_to_host = 1
    line = practice_device("other", model="basic").attach()
    line.write(SYNC)
    assert len(line.take(1000)) == 8 * 12
