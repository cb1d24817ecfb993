"""The practice bench in a real browser: wired, plugged and held with mouse and with keyboard."""

from __future__ import annotations

import re

import pytest
from bench_page import DARK, BenchPage
from playwright.sync_api import expect

from sonoffkit.practice.bench import RIGHT_WIRES
from sonoffkit.practice.chip import Running
from sonoffkit.widgets import PracticeBench

pytestmark = pytest.mark.browser

OUT = "Off: the USB plug is out, so the computer sees no port."
DOWNLOAD = "In download mode: it waits for esptool, and its LED stays dark."
FIRMWARE = "It runs its firmware: it does not listen to esptool."
IS_CUT = """() => {
  const root = document.querySelector('.pb');
  const frame = root.getBoundingClientRect();
  const outside = [...root.querySelectorAll('button, select, p, li, h3, text')].filter((each) => {
    const box = each.getBoundingClientRect();
    const whole = each.closest('svg') ? each.closest('svg').getBoundingClientRect() : frame;
    return box.width && (box.left < whole.left || box.right > whole.right + 0.5 || box.bottom > whole.bottom + 0.5);
  }).map((each) => each.textContent);
  return document.documentElement.scrollWidth > innerWidth ? ['the page', ...outside] : outside;
}"""
OVERLAPS = """() => {
  const words = [...document.querySelectorAll('.pb-drawing text')].filter((each) => each.textContent)
    .map((each) => [each.textContent, each.getBoundingClientRect()]);
  const found = [];
  for (const [n, [one, a]] of words.entries()) for (const [other, b] of words.slice(n + 1)) {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 4) found.push([one, other]);
  }
  return found;
}"""
CONTRAST = """() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const plain = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = plain(colour).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const table = light(getComputedStyle(document.querySelector('.pb-stage')).backgroundColor);
  return [...document.querySelectorAll('.pb-wire')].map((each) => {
    const own = light(getComputedStyle(each).stroke);
    return (Math.max(own, table) + 0.05) / (Math.min(own, table) + 0.05);
  });
}"""

LOOKS = """wires => wires.map(wire => [
  wire.getAttribute('stroke-dasharray'), wire.parentNode.querySelectorAll('.pb-core').length].join())"""


@pytest.fixture
def shown(browser, tmp_path, home):
    """Opens a bench on a page; afterwards nothing may have gone wrong there or been fetched."""
    opened = []

    def show(device="basic", *, width=1100, style="", before="", motion="no-preference", **options) -> BenchPage:
        context = browser.new_context(viewport={"width": width, "height": 950}, reduced_motion=motion)
        context.set_default_timeout(10_000)
        page = BenchPage(context.new_page(), PracticeBench(device, **options))
        page.open(tmp_path, style, before)
        opened.append(page)
        return page

    yield show
    for page in opened:
        assert page.problems == []
        page.widget.close()
        page.page.context.close()


def wire(bench: BenchPage) -> None:
    for adapter, board in RIGHT_WIRES.items():
        bench.pin(f"adapter {adapter}").click()
        bench.pin(f"board {board}").click()


def says(bench: BenchPage, words: str) -> None:
    """Wait until the message under the drawing is this."""
    bench.page.locator(".pb-message", has_text=re.compile(f"^{re.escape(words)}$")).wait_for()


def does(bench: BenchPage, words: str) -> None:
    """Wait until the line beside the drawing is this."""
    bench.page.get_by_role("status").filter(has_text=words).wait_for()


# Wires


def test_a_newcomer_is_told_how_to_begin_and_what_the_device_does(shown):
    bench = shown()
    assert bench.state() == OUT
    says(bench, "Start here: click a pin of the adapter, then a pin of the board.")
    assert bench.page.get_by_role("group", name="Practice bench: Sonoff Basic R1").count() == 1


def test_one_click_and_another_make_a_wire_and_the_same_again_take_it_off(shown):
    bench = shown()
    bench.button("adapter TX, not wired").click()
    says(bench, "A wire on adapter TX. Now choose the pin for its other end; Esc lets go.")
    bench.button("board RX, not wired").click()
    says(bench, "Wired adapter TX to board RX.")
    assert bench.widget.bench.wires == {"TX": "RX"}
    assert bench.page.locator("[data-wire='TX → RX']").count() == 1
    bench.button("board RX, wired to adapter TX").click()
    bench.button("adapter TX, wired to board RX").click()
    says(bench, "Took the wire between adapter TX and board RX off.")
    assert bench.page.locator("[data-wire]").count() == 0


def test_a_click_on_a_wire_takes_it_off(shown):
    bench = shown(wired=True)
    box = bench.page.locator("[data-wire='GND – GND'] .pb-wire-hit").bounding_box()
    bench.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    says(bench, "Took the wire between adapter GND and board GND off.")


def test_a_wire_is_dragged_from_pin_to_pin_and_let_go_beside_one_it_is_none(shown):
    bench = shown()
    bench.pin("board TX").hover()
    bench.page.mouse.down()
    bench.pin("adapter RX").hover()
    bench.page.mouse.up()
    says(bench, "Wired adapter RX to board TX.")
    bench.pin("adapter GND").hover()
    bench.page.mouse.down()
    bench.page.mouse.move(600, 200, steps=3)
    bench.page.mouse.up()
    says(bench, "Let go of adapter GND.")
    assert bench.widget.bench.wires == {"RX": "TX"}
    assert bench.page.locator(".pb-ghost").get_attribute("d") == ""
    bench.pin("adapter GND").click()
    says(bench, "A wire on adapter GND. Now choose the pin for its other end; Esc lets go.")


def test_the_adapters_tx_is_looped_to_its_own_rx(shown):
    bench = shown()
    bench.pin("adapter TX").click()
    bench.pin("adapter RX").click()
    bench.button("adapter TX, wired to the adapter's own RX").wait_for()
    assert bench.page.locator("[data-wire='TX → own RX']").count() == 1


def test_two_pins_of_one_side_are_explained(shown):
    bench = shown()
    bench.pin("board RX").click()
    bench.pin("board GND").click()
    card = bench.page.get_by_role("alertdialog", name="That is no wire")
    assert "A wire goes from a pin of the adapter to a pin of the board." in card.inner_text()


# Plug, power, button, cable


def test_wired_held_and_plugged_in_it_is_in_download_mode(shown):
    bench = shown()
    wire(bench)
    bench.button("Hold the button").click()
    bench.button("Plug USB in").click()
    does(bench, DOWNLOAD)
    bench.button("Hold the button").click()
    does(bench, DOWNLOAD)
    assert bench.widget.device.state().running is Running.ROM
    assert bench.page.locator(".pb-drawing .pb-lit").count() == 0


def test_without_the_button_it_starts_its_firmware_and_the_led_is_lit_in_word_and_colour(shown):
    bench = shown()
    wire(bench)
    bench.button("USB plug of the adapter, out: plug it in").click()
    does(bench, FIRMWARE)
    assert bench.page.locator(".pb-drawing .pb-lit").text_content() == "LED: lit"
    bench.button("Power off").click()
    does(bench, "Off: its 3.3 V are switched off.")
    bench.button("Unplug USB").click()
    does(bench, OUT)


def test_the_drawn_button_is_held_as_long_as_the_mouse_is(shown):
    bench = shown()
    bench.button("Button of the board, not held").hover()
    bench.page.mouse.down()
    bench.button("Button of the board, held").wait_for()
    assert bench.widget.bench.held
    bench.page.mouse.up()
    bench.button("Button of the board, not held").wait_for()
    assert not bench.widget.bench.held


def test_a_button_that_is_held_by_the_toggle_is_let_go_by_a_press(shown):
    bench = shown()
    bench.button("Hold the button").click()
    drawn = bench.button("Button of the board, held")
    assert bench.button("Hold the button").get_attribute("aria-pressed") == "true"
    drawn.click()
    bench.button("Button of the board, not held").wait_for()
    assert not bench.widget.bench.held


def test_a_cable_is_taken_from_the_drawer(shown):
    bench = shown()
    cables = bench.page.get_by_role("group", name="Cable and adapter")
    cables.get_by_role("button", name="through a hub").click()
    says(
        bench,
        "Another one from the drawer. A busy USB hub between adapter and computer: now and then a byte is lost.",
    )
    pressed = cables.locator("[aria-pressed=true]")
    assert (pressed.inner_text(), bench.widget.bench.quality) == ("through a hub", "hub")
    assert bench.page.locator(".pb-hub").is_visible()


def test_what_another_hand_does_is_seen(shown):
    bench = shown(wired=True)
    bench.widget.device.power_cycle()
    bench.refresh()
    does(bench, FIRMWARE)


def test_a_view_says_that_it_is_seen_and_at_the_end_that_it_is_gone(shown):
    bench = shown()
    bench.page.evaluate("() => unmount()")
    assert bench.asked[0] == {"do": "look"}
    assert bench.asked[-1] == {"do": "gone"}
    assert bench.page.locator(".pb").count() == 0


# What burns


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Voltage jumper, on 3.3 V: put it on 5 V", "Stop: 5 V destroys the chip"),
        ("Mains plug, out of the wall: put it in", "Stop: mains and adapter never at the same time"),
    ],
)
def test_what_would_burn_is_explained_in_a_card_that_esc_closes(shown, name, title):
    bench = shown()
    bench.button(name).focus()
    bench.page.keyboard.press("Enter")
    card = bench.page.get_by_role("alertdialog", name=title)
    card.wait_for()
    assert "What would have happened: " in card.inner_text()
    assert "Nothing happened: this is practice, and it was put back." in card.inner_text()
    assert bench.page.evaluate("() => document.activeElement.textContent") == "Understood"
    bench.page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert bench.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == name


def test_in_a_narrow_cell_the_pins_can_be_hit_and_all_of_a_card_is_seen(shown):
    bench = shown(width=370)
    for pin in ("adapter TX", "board RX"):
        expect(bench.pin(pin).locator(".pb-hit")).to_be_in_viewport(ratio=1)
        assert bench.pin(pin).locator(".pb-hit").bounding_box()["height"] >= 24
    expect(bench.page.get_by_text("The drawing is wider than this: scroll it sideways,")).to_be_visible()
    bench.button("Mains plug, out of the wall: put it in").press("Enter")
    card = bench.page.get_by_role("alertdialog")
    expect(card).to_be_in_viewport(ratio=1)
    stage, own = bench.page.locator(".pb-stage").bounding_box(), card.bounding_box()
    assert stage["y"] < own["y"]
    assert own["y"] + own["height"] < stage["y"] + stage["height"]
    assert card.evaluate("card => card.scrollHeight - card.clientHeight") <= 1
    bench.button("Understood").click()
    bench.page.set_viewport_size({"width": 1100, "height": 950})
    expect(bench.page.get_by_text("The drawing is wider than this")).to_be_hidden()


def test_power_on_a_data_pin_is_explained_and_no_wire_is_drawn(shown):
    bench = shown()
    bench.pin("adapter 3V3").click()
    bench.pin("board RX").click()
    bench.page.get_by_role("alertdialog", name="Stop: 3.3 V on a data pin").wait_for()
    bench.button("Understood").click()
    assert bench.page.locator("[data-wire]").count() == 0
    bench.button("board RX, not wired").wait_for()


# The keyboard alone


def test_the_keyboard_alone_wires_plugs_and_holds(shown):
    bench = shown()
    press = bench.page.keyboard.press
    bench.pin("adapter 3V3").focus()
    for down, up in ((0, 0), (1, 2), (2, 1), (3, 3)):  # RX and TX cross
        bench.pin("adapter 3V3").focus()
        for _ in range(down):
            press("ArrowDown")
        press("Enter")
        press("ArrowRight")
        for _ in range(up - down):
            press("ArrowDown")
        for _ in range(down - up):
            press("ArrowUp")
        press("Enter")
        bench.page.wait_for_function("count => document.querySelectorAll('[data-wire]').length > count", arg=down)
    assert bench.widget.bench.wires == RIGHT_WIRES
    bench.button("Button of the board, not held").focus()
    press("Space")
    bench.button("Button of the board, held").wait_for()
    bench.button("Plug USB in").focus()
    press("Enter")
    does(bench, DOWNLOAD)


def test_esc_lets_a_wire_go_and_delete_takes_one_off(shown):
    bench = shown(wired=True)
    bench.pin("board GND").focus()
    bench.page.keyboard.press("Enter")
    assert bench.pin("board GND").get_attribute("aria-pressed") == "true"
    bench.page.keyboard.press("Escape")
    says(bench, "Let go of board GND.")
    assert bench.pin("board GND").get_attribute("aria-pressed") == "false"
    bench.page.keyboard.press("Delete")
    says(bench, "Took the wire between adapter GND and board GND off.")


def test_tab_reaches_everything_that_can_be_clicked(shown):
    bench = shown(hidden="acorn", wired=True)
    wanted = bench.page.locator(".pb [role=button], .pb button:visible:enabled, .pb select").count()
    seen = set()
    for _ in range(wanted + 2):
        bench.page.keyboard.press("Tab")
        seen.add(bench.page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.textContent"))
    assert len(seen - {""}) >= wanted
    assert {"adapter TX, wired to board RX", "Mains plug, out of the wall: put it in", "What is wrong"} <= seen


def test_keys_do_not_reach_the_notebook(shown):
    bench = shown(wired=True)
    bench.page.evaluate("() => { window.heard = []; addEventListener('keydown', event => heard.push(event.key)) }")
    bench.pin("board GND").focus()
    for key in ("Enter", "Escape", "d", "Delete"):
        bench.page.keyboard.press(key)
    assert bench.page.evaluate("() => heard") == []


# The hunt


def test_a_hidden_fault_is_named_from_a_list_and_the_page_does_not_hold_it(shown):
    bench = shown(wired=True, hidden="acorn")
    assert "acorn" not in bench.page.content()
    choice = bench.page.get_by_role("combobox", name="What is wrong")
    choice.select_option(label="The line picks up noise")
    bench.button("Check").click()
    bench.page.locator(".pb-message", has_text="Not that. ").wait_for()
    choice.select_option(label="The adapter's RX wire is loose in its socket")
    bench.button("Check").click()
    bench.page.locator(".pb-said", has_text="Right, and it is repaired now.").wait_for()
    assert (
        "The adapter's RX wire is loose in its socket. What one meets: " in bench.page.locator(".pb-more").inner_text()
    )
    weights = "words => words.map(each => getComputedStyle(each).fontWeight)"
    assert bench.page.locator(".pb-message > *").evaluate_all(weights) == ["600", "400"]
    choice.wait_for(state="hidden")


# How it looks


@pytest.mark.parametrize("device", ["basic", "mini", "pow-r2", "dual", "nodemcu"])
@pytest.mark.parametrize("width", [1280, 768, 480])
def test_nothing_is_cut_off_and_no_words_lie_on_others(shown, device, width):
    bench = shown(device, width=width, wired=True)
    assert bench.page.evaluate(IS_CUT) == []
    for name in ("through a hub", "long wires", "counterfeit adapter", "Unplug USB"):
        if bench.button(name).count():
            bench.button(name).click()
            assert bench.page.evaluate(OVERLAPS) == []
            assert bench.page.evaluate(IS_CUT) == []


@pytest.mark.parametrize("style", ["", DARK])
def test_wires_stand_out_in_light_and_dark_and_are_told_apart_without_colour(shown, style):
    bench = shown(wired=True, style=style)
    assert bench.page.locator(".pb-dark.pb").count() == (1 if style else 0)
    assert min(bench.page.evaluate(CONTRAST)) >= 3
    looks = bench.page.locator(".pb-wire").evaluate_all(LOOKS)
    assert len(set(looks)) == 4
    assert bench.page.locator(".pb-tag").all_text_contents() == ["3V3 – 3V3", "RX ← TX", "TX → RX", "GND – GND"]


def test_it_follows_a_change_of_theme(shown):
    bench = shown()
    bench.page.evaluate("dark => document.body.setAttribute('style', dark)", DARK)
    bench.page.locator(".pb.pb-dark").wait_for()


def test_nothing_moves_for_those_who_want_that(shown):
    moves = "() => getComputedStyle(document.querySelector('.pb-moves')).transitionDuration"
    assert shown().page.evaluate(moves) == "0.22s"
    assert shown("mini", motion="reduce").page.evaluate(moves) == "0s"


# In JupyterLab


def test_in_jupyterlab_it_is_wired_by_clicks_and_then_an_operation_answers(notebook):
    notebook.lab.write_notebook(
        "bench.ipynb",
        "from sonoffkit.operations import identify\nfrom sonoffkit.widgets import OperationRunner, PracticeBench",
        "bench = PracticeBench('basic')\nbench",
        "run = OperationRunner(identify, bench.port)\nawait run",
        "run.result.identity.mac",
    )
    notebook.open("bench.ipynb")
    notebook.start_run_all()
    bench = notebook.page.locator(".pb")
    bench.get_by_text(OUT).wait_for()
    notebook.page.locator(".sk-result .sk-care").wait_for()  # the operation waits
    for number, (adapter, board) in enumerate(RIGHT_WIRES.items(), start=1):
        bench.locator(f"[data-pin='adapter {adapter}']").click()
        bench.locator(f"[data-pin='board {board}']").click()
        notebook.page.wait_for_function(
            "count => document.querySelectorAll('[data-wire]').length === count", arg=number
        )
    bench.get_by_role("button", name="Hold the button").click()
    bench.get_by_role("button", name="Button of the board, held").wait_for()
    bench.get_by_role("button", name="Plug USB in", exact=True).click()
    bench.get_by_text(DOWNLOAD).wait_for()
    notebook.page.locator(".sk-result .sk-good").wait_for()
    notebook.wait_until_idle()
    notebook.screenshot("bench")
    assert notebook.console_errors == []
    assert notebook.outside_requests == []
