"""What a receiver hears of a sender at another speed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.practice.uart import heard

SPEEDS = [74880, 115200, 230400, 460800, 921600]


@given(st.binary(max_size=60), st.sampled_from(SPEEDS))
def test_at_the_same_speed_every_byte_arrives(data, baud):
    assert heard(data, baud, baud) == data


@given(st.binary(max_size=60))
def test_speeds_within_the_tolerance_of_a_uart_understand_each_other(data):
    assert heard(data, 115200, 117647) == data  # 2.1 %: an 8 MHz chip's nearest to 115200


@given(st.binary(max_size=60), st.sampled_from(SPEEDS), st.sampled_from(SPEEDS))
def test_the_same_bytes_give_the_same_garbage(data, sent_at, listening_at):
    assert heard(data, sent_at, listening_at) == heard(data, sent_at, listening_at)


@pytest.mark.parametrize("listening_at", [74880, 230400])
def test_at_another_speed_a_sentence_is_garbage(listening_at):
    words = b"ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n"
    garbage = heard(words, 115200, listening_at)
    assert garbage
    assert not any(garbage[n : n + 4] in words for n in range(len(garbage) - 3))


# Worked out by hand. A line is idle before the first byte, so the first start bit is an edge.
@pytest.mark.parametrize(
    ("sent", "sent_at", "listening_at", "received"),
    [
        ("ff", 115200, 230400, "fe"),  # the start bit is two of the receiver's: its own, and a 0
        (
            "33",
            115200,
            230400,
            "1ef8",
        ),  # the first frame ends on a 0 and counts all the same; the second starts at bit 6
        ("00", 230400, 115200, "f8"),  # nine low bits are four and a half of the receiver's
        ("65", 74880, 115200, "12fe"),
    ],
)
def test_the_garbage_is_what_sampling_the_levels_gives(sent, sent_at, listening_at, received):
    assert heard(bytes.fromhex(sent), sent_at, listening_at).hex() == received


def test_a_byte_with_a_low_stop_bit_is_passed_on():
    # 0x00 at a quarter of the speed stays low through the receiver's stop bit. It is heard once: no edge follows.
    assert heard(b"\xff\x00\xff", 115200, 460800) == b"\xf8\x00\xf8"


def test_nothing_sent_is_nothing_heard():
    assert heard(b"", 74880, 115200) == b""
