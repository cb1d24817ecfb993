"""The wiring card: the picture and the words say the same, for every board, with nothing fetched."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import FrozenInstanceError

import pytest

from sonoffkit.practice import MODELS
from sonoffkit.wiring import BOARDS, WiringCard, wiring_card
from sonoffkit.wiring.card import WIDTH
from sonoffkit.wiring.words import WIRES

SVG = "{http://www.w3.org/2000/svg}"
WITH_ADAPTER = [key for key, board in BOARDS.items() if not board.usb_only]
LIVE = ["pow", "pow-r2", "s31"]

every_board = pytest.mark.parametrize("key", BOARDS)
every_wired_board = pytest.mark.parametrize("key", WITH_ADAPTER)


def drawn(key: str) -> ET.Element:
    return ET.fromstring(wiring_card(key).svg)


def lettering(key: str) -> str:
    """All words of the picture, joined as a reader joins the lines."""
    return " ".join(text.text or "" for text in drawn(key).iter(f"{SVG}text"))


def spoken(key: str) -> str:
    """The words without their line breaks."""
    return " ".join(wiring_card(key).text.split())


@every_board
def test_the_picture_is_well_formed_and_named_for_screen_readers(key):
    root = drawn(key)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == f"Wiring: {BOARDS[key].title}"
    assert desc.text == wiring_card(key).text


@every_board
def test_nothing_is_fetched(key):
    for shown in wiring_card(key)._repr_mimebundle_().values():
        assert (
            re.findall(r"https?:|url\(|@import|<script|<image|<use", shown.replace("http://www.w3.org/2000/svg", ""))
            == []
        )


@every_board
def test_the_ids_of_two_boards_on_one_page_do_not_meet(key):
    ids = [element.get("id") for element in drawn(key).iter() if element.get("id")]
    assert ids == [f"wiring-{key}-title", f"wiring-{key}-desc"]


@every_board
def test_mains_is_named_in_picture_words_and_alternative(key):
    card = wiring_card(key)
    for shown in (lettering(key), card.text, card._repr_html_().split("alt=")[1]):
        assert "mains" in shown.lower()


@every_wired_board
def test_the_first_thing_said_is_to_unplug_the_mains(key):
    banner = "MAINS UNPLUGGED — never connect the adapter while the switch is in the wall."
    assert wiring_card(key).text.split("\n\n")[1] == banner
    assert lettering(key).startswith("MAINS UNPLUGGED never connect the adapter while the switch is in the wall")


@every_wired_board
def test_the_last_thing_said_is_when_mains_may_come_back(key):
    assert spoken(key).endswith("When you are done: adapter off, case closed, and only then mains.")


@every_wired_board
def test_tx_and_rx_cross_in_words(key):
    assert "adapter TXD to switch RX " in spoken(key)
    assert "adapter RXD to switch TX " in spoken(key)
    assert "adapter GND to switch GND " in spoken(key)
    assert re.search(r"adapter 3V3 to switch (3V3|VCC) ", spoken(key))


@every_wired_board
def test_tx_and_rx_cross_in_the_picture(key):
    ends = {wire.start: drawn_ends(key, wire.colour) for wire in WIRES}
    assert ends["3V3"] == (152, 152)
    assert ends["RXD"] == (196, 240)
    assert ends["TXD"] == (240, 196)
    assert ends["GND"] == (284, 284)


def drawn_ends(key: str, colour: str) -> tuple[float, float]:
    """At which heights the wire of that colour leaves the adapter and reaches the switch."""
    (path,) = [path.get("d") for path in drawn(key).iter(f"{SVG}path") if path.get("stroke") == colour]
    start, end = re.fullmatch(r"M\d+ (\d+)L\S+ \d+L\S+ (\d+)H\d+", path).groups()
    return float(start), float(end)


def test_no_two_wires_look_alike_without_colour():
    assert len({wire.colour for wire in WIRES}) == len(WIRES)
    assert len({(wire.dash, wire.is_double) for wire in WIRES}) == len(WIRES)
    assert len({wire.tags for wire in WIRES}) == len(WIRES)


@every_wired_board
def test_the_jumper_is_on_3_3_volt(key):
    assert "The adapter's jumper is on 3.3 V, not on 5 V." in spoken(key)
    assert "3.3 V jumper not 5 V" in lettering(key)


@every_board
def test_the_words_hold_every_step_and_note_of_the_picture(key):
    listed = [text.text for text in drawn(key).iter(f"{SVG}text") if text.get("text-anchor") == "start"]
    assert len(listed) > 10
    words = spoken(key).replace("IO14 (leave it free)", "IO14: leave free")
    assert [line for line in listed if line not in words] == []


@every_board
def test_no_lettering_is_small_or_leaves_the_card(key):
    for text in drawn(key).iter(f"{SVG}text"):
        size = float(text.get("font-size"))
        assert size >= 14
        assert len(text.text) * size * 0.56 < WIDTH - 40


@pytest.mark.parametrize("key", LIVE)
def test_a_live_ground_is_shouted(key):
    assert "LIVE GROUND — GND and every other pin carry live mains when this device is plugged in." in spoken(key)
    assert "LIVE GROUND GND and every other pin carry live mains" in lettering(key)
    assert "LIVE GROUND" in wiring_card(key)._repr_html_().split("alt=")[1].split(">")[0]


@pytest.mark.parametrize("key", sorted(set(BOARDS) - set(LIVE)))
def test_a_live_ground_is_not_claimed_of_others(key):
    assert "LIVE" not in wiring_card(key).text


@every_wired_board
def test_an_order_of_pins_is_shown_only_where_it_is_known(key):
    known = key in ("basic", "s20")
    assert ("in this order:" in spoken(key)) is known
    assert ("Order not known: read the labels printed on your board." in spoken(key)) is not known
    assert ("Order not known: read the labels printed on your board." in lettering(key)) is not known


def test_the_basic_leaves_io14_free():
    assert "The switch's pins, in this order: 3V3, RX, TX, GND, IO14 (leave it free)." in spoken("basic")
    assert "IO14: leave free" in lettering("basic")


@every_wired_board
def test_gpio0_is_held_low_by_the_button_or_by_a_bridge(key):
    bridged = key in ("dual", "dual-r2")
    assert ("2. Bridge " in spoken(key)) is bridged
    assert ("2. Hold the button" in spoken(key)) is not bridged
    assert ("4. After two seconds, remove the bridge." in spoken(key)) is bridged
    assert ("4. After two seconds, let go." in spoken(key)) is not bridged
    assert ("button = GPIO0" in lettering(key)) is not bridged


def test_a_development_board_needs_a_cable_only():
    assert "MAINS UNPLUGGED" not in wiring_card("nodemcu").text
    assert "Adapter" not in lettering("nodemcu")
    assert "USB data cable power and data" in lettering("nodemcu")


def test_every_practice_model_has_its_card():
    without = {"s26", "t1"}  # nobody described their pins well enough
    assert set(MODELS) - set(BOARDS) == without
    for key in set(MODELS) - without:
        assert BOARDS[key].title.startswith(MODELS[key].title)


def test_an_unknown_board_is_refused_with_the_names_of_the_known_ones():
    with pytest.raises(ValueError, match="no wiring card") as caught:
        wiring_card("toaster")
    assert str(caught.value) == (
        "There is no wiring card for 'toaster'. There are cards for: basic, basic-r2, s20, th, 4ch, dual, dual-r2, "
        "mini, pow, pow-r2, s31, nodemcu."
    )


def test_jupyter_gets_the_picture_and_a_terminal_the_words():
    card = wiring_card("basic")
    bundle = card._repr_mimebundle_()
    assert sorted(bundle) == ["image/svg+xml", "text/html", "text/plain"]
    assert bundle["image/svg+xml"] == card._repr_svg_() == card.svg
    assert bundle["text/plain"] == str(card) == card.text
    assert max(map(len, card.text.splitlines())) <= 76
    assert repr(card) == "wiring_card('basic')"


def test_a_card_is_a_value():
    assert wiring_card() == WiringCard(BOARDS["basic"])
    with pytest.raises(FrozenInstanceError):
        BOARDS["basic"].ordered = False
