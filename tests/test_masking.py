"""Secrets in free text: each way of writing one is masked, and what a diagnosis needs is not."""

from __future__ import annotations

import re

import pytest
from failure_masks import NAMES, SECRETS  # planted, each in a text as people paste it
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit import masking
from sonoffkit.masking import MASK, mask_text

STAYS = (
    "could not open port 'COM5': WindowsError(2, 'The system cannot find the file specified.')",
    "[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",
    "A fatal error occurred: Failed to connect to Espressif device: Timed out waiting for packet header",
    "Digest mismatch: expected D02D6AD59491B97F2CE5D3B4968EA95D, got 21B508538B2C5F74073263BCFB38EA0C",
    "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0 at 115200 baud, esptool.py v4.8.1",
    "load 0x40100000, len 2408, room 16",
    "commit 6213e7c0f6c1a8a1d1f0a1b2c3d4e5f60718293a",
    "KeyError: 'port'",
    "KeyboardInterrupt: Run cancelled by user.",
    "flash_id 0xef4014, crystal 26MHz, 2 MB at 0x100000",
    "rst cause:2, boot mode:(3,6)",
    "user1 @ 1000",
    "test passed: 12",
    "the keyboard layout is de",
    "C:\\Python27\\Scripts\\esptool.py, line 2959",
    "/usr/lib/python3/dist-packages/serial/serialposix.py",
)


@pytest.mark.parametrize(("text", "secrets"), SECRETS, ids=[text[:50] for text, _ in SECRETS])
def test_a_secret_is_masked_wherever_it_is_shown(text, secrets):
    for exported in (False, True):
        masked = mask_text(text, exported=exported)
        assert [secret for secret in secrets if secret in masked] == []
        assert MASK in masked


@pytest.mark.parametrize(("text", "names"), NAMES, ids=[text[:50] for text, _ in NAMES])
def test_a_name_or_an_address_is_shown_to_its_owner_and_masked_in_what_is_exported(text, names):
    assert mask_text(text) == text
    masked = mask_text(text, exported=True)
    assert [name for name in names if name in masked] == []
    assert MASK in masked


@pytest.mark.parametrize("text", STAYS)
def test_what_a_diagnosis_needs_stays(text):
    assert mask_text(text) == text
    assert mask_text(text, exported=True) == text


def test_what_stands_around_a_secret_stays():
    text = "$ esptool.py --port COM5 --password hunter2hunter2 flash_id\nA fatal error occurred: x"
    assert mask_text(text) == f"$ esptool.py --port COM5 --password {MASK} flash_id\nA fatal error occurred: x"
    assert (
        mask_text('{"ssid": "Home", "psk": "hunter2", "channel": 6}')
        == f'{{"ssid": "Home", "psk": "{MASK}", "channel": 6}}'
    )


@given(st.text(max_size=200), st.booleans())
def test_whatever_the_text_is_it_is_masked_once_and_for_all(text, exported):
    once = mask_text(text, exported=exported)
    assert isinstance(once, str)
    if MASK not in text:
        assert once.count("\n") == text.count("\n")


@given(
    st.sampled_from(["password", "psk", "WIFI_PASS", "api_key", "token", "secret", "Passphrase"]),
    st.sampled_from(["=", ": ", ":", " = ", '": "', "='"]),
    st.text(
        alphabet=st.characters(min_codepoint=48, max_codepoint=122, exclude_characters="\\:;<=>?@[]^_`"),
        min_size=8,
        max_size=63,
    ),
)
def test_any_value_after_the_name_of_a_secret_is_masked(name, between, value):
    assert value not in mask_text(f"x {name}{between}{value}\ny")


PATTERNS = {name: value for name, value in vars(masking).items() if isinstance(value, re.Pattern)}


def test_each_pattern_reads_on_for_a_bounded_length_only():
    """So the time is proportional to the text: whatever is tried at a place ends after so many letters."""
    assert len(PATTERNS) >= 18
    for name, pattern in PATTERNS.items():
        unescaped = re.sub(r"\\.|\[[^\]]*\]", "x", pattern.pattern)
        assert not re.search(r"[*+]|\{\d+,\}", unescaped), name
