"""The flash explorer on Python's side: what it hands to the browser, and when secrets go along."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest

from sonoffkit.firmware.secrets import Secret, SecretKind
from sonoffkit.practice import MODELS
from sonoffkit.practice.factory import factory_image
from sonoffkit.report import inspect_dump
from sonoffkit.widgets import FlashExplorer
from sonoffkit.widgets.explorer import explorer_script

DUMP = factory_image(MODELS["basic"], bytes.fromhex("5ccf7f010203"))


@pytest.fixture(scope="module")
def report():
    return inspect_dump(DUMP, "practice")


@pytest.fixture(scope="module")
def hidden(report):
    """What the report found and the owner must ask for."""
    found = [secret for secret in report.secrets if not secret.kind.shown_to_owner]
    assert len(found) > 5
    return found


class Listening(FlashExplorer):
    """An explorer that keeps what it says to the browser."""

    _esm = FlashExplorer._esm
    _css = FlashExplorer._css

    def __init__(self, *reports):
        self.said = []
        super().__init__(*reports)

    def send(self, content, buffers=None):
        self.said.append((content, buffers or []))

    def hears(self, content):
        self._handle_custom_msg(content, [])


def everything_in(value):
    """All texts and bytes in a widget's state, as one."""
    if isinstance(value, dict):
        return b"\n".join(everything_in(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return b"\n".join(everything_in(part) for part in value)
    return value if isinstance(value, bytes) else str(value).encode()


def test_no_state_of_the_widget_holds_a_secret(report, hidden):
    state = everything_in(FlashExplorer(report, report).get_state())
    assert [secret for secret in hidden if len(secret.value) >= 8 and secret.value in state] == []


def test_the_payload_is_the_dump_but_for_the_secrets(report, hidden):
    explorer = FlashExplorer(report)
    covered = {place for secret in hidden for place in range(secret.at, secret.at + secret.size)}
    differing = {place for place, (one, two) in enumerate(zip(explorer.payload, DUMP, strict=True)) if one != two}
    assert differing <= covered
    assert all(explorer.payload[place] == ord("*") for place in covered)


def test_the_regions_masks_and_entropies_are_those_of_the_report(report, hidden):
    explorer = FlashExplorer(report)
    assert [(one["start"], one["end"]) for one in explorer.regions] == [
        (one.start, one.end) for one in report.layout.regions
    ]
    assert {start for start, _, _ in explorer.masks} == {secret.at for secret in hidden}
    entropy = struct.unpack(f"<{len(report.numbers.entropy)}f", explorer.entropy)
    assert entropy == pytest.approx(report.numbers.entropy, abs=1e-5)


def test_secrets_are_sent_when_they_are_asked_for_and_not_before(report, hidden):
    explorer = Listening(report)
    explorer.hears({"type": "ready"})
    assert explorer.said == []
    explorer.hears({"type": "reveal"})
    ((content, buffers),) = explorer.said
    assert content["type"] == "revealed"
    sent = {start: data for (_, start), data in zip(content["ranges"], buffers, strict=True)}
    assert all(sent[secret.at] == DUMP[secret.at : secret.at + secret.size] for secret in hidden)
    assert sum(map(len, buffers)) < 2000
    assert DUMP[hidden[0].at : hidden[0].at + hidden[0].size] not in explorer.payload


def test_a_second_view_shows_what_the_first_one_shows(report):
    explorer = Listening(report)
    explorer.reveal()
    explorer.hears({"type": "ready"})
    assert [content["type"] for content, _ in explorer.said] == ["revealed", "revealed"]
    explorer.hears({"type": "hide"})
    explorer.hears({"type": "ready"})
    assert [content["type"] for content, _ in explorer.said[2:]] == ["hidden"]


def test_a_secret_that_was_found_in_one_dump_is_covered_at_the_same_place_in_the_other(report, hidden):
    unseen = replace(report, secrets=())
    explorer = FlashExplorer(report, unseen)
    assert explorer.other["payload"] == explorer.payload
    assert FlashExplorer(unseen, report).payload == explorer.payload


def test_a_secret_that_reaches_beyond_the_end_is_covered_up_to_the_end():
    data = b"name=home pass=hunter2"
    short = replace(inspect_dump(data), secrets=(Secret(SecretKind.WIFI_PASSWORD, 15, 64, b"hunter2" + bytes(57)),))
    explorer = FlashExplorer(short)
    assert explorer.payload == b"name=home pass=*******"
    assert explorer.masks == [[15, 22, "Wi-Fi password"]]


@pytest.mark.parametrize("data", [b"", b"Z", bytes(4097)])
def test_any_file_has_an_explorer(data):
    explorer = FlashExplorer(inspect_dump(data, "small"))
    assert explorer.payload == data
    assert explorer.selection == (0, 0)


def test_a_selection_stays_inside_the_dump(report):
    explorer = Listening(report)
    explorer.selection = (0x1000, 1 << 40)
    assert explorer.selection == (0x1000, len(DUMP))
    explorer.selection = (-5, -9)
    assert explorer.selection == (0, 0)
    explorer.show(0x7F000)
    assert explorer.selection == (0x7F000, 0x7F001)
    assert explorer.said[-1][0] == {"type": "show", "start": 0x7F000, "end": 0x7F001}


def test_its_text_tells_the_dumps_and_nothing_out_of_them(report):
    assert repr(FlashExplorer(report)) == "<FlashExplorer of practice, 1048576 bytes>"


def test_the_script_asks_nobody_outside():
    script = explorer_script()
    assert "import " not in script
    assert "http" not in script
    assert "</script" not in script
