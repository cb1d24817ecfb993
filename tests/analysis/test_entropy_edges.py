"""Edges of entropy: at the borders of regions, and not within code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.analysis import Edge, block_entropy, entropy_edges, measure


def addresses(levels: list[float], block: int = 1024) -> list[int]:
    return [edge.at // block for edge in entropy_edges(np.array(levels), block)]


def test_an_edge_tells_the_levels_on_both_sides():
    assert entropy_edges(np.array([0.0] * 4 + [6.5, 6.7, 6.6])) == (Edge(4096, 0.0, 6.6),)
    assert Edge(4096, 0.0, 6.6).rises
    assert not Edge(4096, 6.6, 0.0).rises


def test_code_scatters_without_an_edge():
    rng = np.random.default_rng(3)
    assert addresses(list(np.clip(rng.normal(6.5, 0.3, 2000), 5.2, 7.1))) == []


def test_a_block_of_constants_within_code_is_no_edge():
    assert addresses([6.5] * 10 + [3.6, 4.0] + [6.5] * 10) == []


def test_an_archive_within_code_has_two_edges():
    assert addresses([6.5] * 10 + [7.8] * 4 + [6.5] * 10) == [10, 14]


def test_settings_behind_code_are_an_edge():
    assert addresses([6.5] * 10 + [2.0] * 6) == [10]


def test_a_single_block_between_blank_ones_has_two_edges():
    assert addresses([0.0] * 8 + [5.9] + [0.0] * 8) == [8, 9]


def test_what_lies_on_a_border_does_not_flap():
    assert addresses([7.3, 7.4] * 50) == []
    assert addresses([4.4, 4.6] * 50) == []


def test_random_bytes_are_high_in_small_blocks_too():
    code = np.random.default_rng(4).integers(0, 120, 8192, np.uint8).tobytes()
    data = code + np.random.default_rng(4).bytes(8192)
    assert addresses(list(block_entropy(data, 512)), 512) == [16]


@pytest.mark.parametrize("levels", [[], [0.0], [6.5], [0.0, 6.5], [6.5, 0.0], [6.5, 2.0, 7.9]])
def test_short_files_have_edges_only_next_to_blank(levels):
    assert addresses(levels) == ([1] if 0.0 in levels[:2] and len(levels) == 2 else [])


@given(st.lists(st.sampled_from([0.0, 0.01, 2.0, 4.5, 6.0, 7.4, 8.0]) | st.floats(0, 8), max_size=60))
def test_edges_rise_in_address_and_lie_inside(levels):
    edges = entropy_edges(np.array(levels))
    assert [edge.at for edge in edges] == sorted({edge.at for edge in edges})
    assert all(0 < edge.at < len(levels) * 1024 for edge in edges)
    assert [edge.after for edge in edges[:-1]] == [edge.before for edge in edges[1:]]


@given(st.lists(st.sampled_from([0.0, 6.0]), max_size=60))
def test_blank_counts_to_the_block(levels):
    assert addresses(levels) == [at for at in range(1, len(levels)) if levels[at] != levels[at - 1]]


def test_noise_of_any_kind_can_be_measured():
    rng = np.random.default_rng(8)
    data = b"".join(rng.bytes(700) + bytes(rng.integers(0, 3000)) for _ in range(200))
    assert len(measure(data).edges) <= len(data) // 1024
