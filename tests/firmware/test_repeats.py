"""A chip that is smaller than what was read of it: its bytes come again, and that is told."""

from __future__ import annotations

import pytest
from firmware import dump_builders as dumps

from sonoffkit.firmware.layout import FileKind, lay_out
from sonoffkit.firmware.layout.repeats import period_of
from sonoffkit.firmware.redaction import redact
from sonoffkit.firmware.secrets import find_secrets, masked
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.models import MODELS

MB = 0x100000
MAC = bytes.fromhex("d02700a1b2c3")


@pytest.mark.parametrize("times", [2, 4, 16])
def test_a_chip_of_1_mb_that_was_read_as_a_larger_one(times):
    once, layout = lay_out(dumps.stock()), lay_out(dumps.stock() * times)
    assert layout.notices == (
        f"This file has {times} MB, and from 0x100000 on it repeats its first 1 MB: so a chip of 1 MB answers when "
        "more is read than it has. Those 1 MB are all of it.",
    )
    assert layout.kind is FileKind.FLASH
    assert layout.regions[:-1] == once.regions
    last = layout.regions[-1]
    assert (last.start, last.end, last.name) == (MB, times * MB, "the same again")
    assert (layout.size, layout.images, layout.records, layout.runs) == (times * MB, once.images, once.records, "user1")


def test_a_header_that_says_as_much_as_was_read_is_not_contradicted():
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0: dumps.boot(size_freq=0x40)}) * 4)
    assert layout.notices[0].startswith("This file has 4 MB, and from 0x100000 on it repeats its first 1 MB")
    assert layout.kind is FileKind.FLASH
    assert layout.regions[-1].name != "the same again"


@pytest.mark.parametrize("data", [b"", b"\xff" * 2 * MB, bytes(2 * MB), dumps.stock(), dumps.stock() + b"\xff" * MB])
def test_what_does_not_repeat(data):
    assert period_of(data) == 0


def test_secrets_are_masked_each_time_and_replaced():
    data = factory_image(MODELS["basic"], MAC) * 2
    network = factory_network(MAC)
    secrets = find_secrets(data, lay_out(data))
    view = masked(data, secrets, everything=True)
    copy = redact(data).data
    assert len(copy) == 2 * MB
    for value in (network.ssid.encode(), network.password.encode(), network.pmk, network.bssid, MAC):
        assert value in data
        assert value not in view
        assert value not in copy
