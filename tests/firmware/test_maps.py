"""The SDK's flash maps, as its documents have them."""

from __future__ import annotations

import pytest

from sonoffkit.firmware.maps import EndMap, flash_map_name, size_text, user2_places

KB, MB = 1024, 1024 * 1024


@pytest.mark.parametrize(
    ("size", "first"), [(512 * KB, 0x7B000), (MB, 0xFB000), (2 * MB, 0x1FB000), (4 * MB, 0x3FB000)]
)
def test_the_sdks_sectors_are_the_last_five(size, first):
    end = EndMap(size)
    places = (end.rf_calibration, end.phy_init, end.parameters_a, end.parameters_b, end.parameters_flag)
    assert places == tuple(first + 0x1000 * n for n in range(5))


@pytest.mark.parametrize(
    ("size", "user2", "name"),
    [
        (512 * KB, 0x41000, "256+256"),
        (MB, 0x81000, "512+512"),
        (4 * MB, 0x81000, "512+512"),
        (4 * MB, 0x101000, "1024+1024"),
        (MB, 0x101000, ""),
    ],
)
def test_maps_have_the_names_of_the_sdk(size, user2, name):
    assert flash_map_name(size, user2) == name


def test_where_user2_can_begin():
    assert user2_places(512 * KB) == (0x41000,)
    assert user2_places(MB) == (0x81000,)
    assert user2_places(4 * MB, is_c1=True)[0] == 0x101000
    assert user2_places(2 * MB) == user2_places(4 * MB) == (0x81000, 0x101000)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (1000, "1,000 bytes"), (4096, "4 KB"), (MB, "1 MB"), (MB + 1, "1,048,577 bytes")]
)
def test_sizes_as_words(size, text):
    assert size_text(size) == text
