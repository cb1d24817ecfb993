"""The flash explorer in a real browser, on a plain page: what a person sees, clicks and types."""

from __future__ import annotations

import base64
import random
import re
from dataclasses import dataclass, field

import pytest
from explorer_page import ListeningExplorer, entropy_of, report_of, write_page

pytestmark = pytest.mark.browser

SIZE = 0x20000
PASSWORD = b"correct-horse"
PASSWORD_AT = 0x18020
WORD_AT = 0x10010
REGIONS = [
    ("boot", 0, 0x1000, "boot"),
    ("program", 0x1000, 0x10000, "program"),
    ("texts", 0x10000, 0x11000, "files"),
    ("blank", 0x11000, 0x18000, "blank"),
    ("settings", 0x18000, SIZE, "settings"),
]


def dump() -> bytes:
    data = bytearray(b"\xff" * SIZE)
    data[:0x10000] = random.Random(4).randbytes(0x10000)
    data[0] = 0xE9
    data[WORD_AT : WORD_AT + 21] = b"hello there, old\x00world"[:21]
    data[0x10800:0x10810] = b"Another greeting"
    data[PASSWORD_AT : PASSWORD_AT + len(PASSWORD)] = PASSWORD
    data[0x18000:0x18007] = b"HomeNet"
    return bytes(data)


def changed() -> bytes:
    data = bytearray(dump())
    data[0x2000:0x2003] = bytes(byte ^ 0xFF for byte in data[0x2000:0x2003])
    data[0x12345] = 0
    return bytes(data)


DUMP = dump()
SECRETS = [(PASSWORD_AT, len(PASSWORD))]


def contrast(one: list[int], other: list[int]) -> float:
    """Of two colours, as WCAG 2 counts it."""

    def light(colour: list[int]) -> float:
        parts = [part / 255 for part in colour]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@dataclass
class Opened:
    """A page with the explorer, and what went wrong on it."""

    page: object
    widget: ListeningExplorer
    troubles: list[str] = field(default_factory=list)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def state(self, name: str):
        """A value of the explorer's state, after all that is due was drawn."""
        self.page.evaluate("() => explorers[0].draw()")
        return self.page.evaluate(f"() => explorers[0].state.{name}")

    @property
    def selection(self) -> list[int]:
        return [self.state("start"), self.state("end")]

    def title(self) -> str:
        self.state("start")
        return self.text(".fx-title")

    def status(self) -> str:
        self.state("start")
        return self.text(".fx-hoverline")

    def place(self, address: int, pane: int = 0) -> tuple[float, float]:
        """Where an address lies on the screen."""
        return tuple(
            self.page.evaluate(
                """([address, pane]) => { const { map, state } = explorers[0];
                const [x, y, width, height] = state.geometry.rectangles(address, address + 1)[0];
                const box = map.element.getBoundingClientRect();
                return [box.left + map.paneX(pane) + x + width / 2, box.top + map.head + y + height / 2]; }""",
                [address, pane],
            )
        )

    def point(self, address: int, pane: int = 0) -> None:
        self.page.mouse.move(*self.place(address, pane))

    def drag(self, start: int, end: int) -> None:
        self.point(start)
        self.page.mouse.down()
        self.page.mouse.move(*self.place(end), steps=4)
        self.page.mouse.up()

    def type_into(self, selector: str, words: str) -> None:
        self.page.locator(selector).fill(words)
        self.page.locator(selector).press("Enter")

    def press(self, *keys: str) -> None:
        self.page.locator(".fx-map").focus()
        for key in keys:
            self.page.keyboard.press(key)

    def hex_at(self, address: int, pane: int = 0) -> tuple[str, str]:
        """What the hex view shows of a byte, and how it looks."""
        self.state("start")
        return tuple(
            self.page.evaluate(
                """([address, pane]) => { const { hexView, state } = explorers[0];
                const index = address - state.hexTop;
                const row = hexView.rows[Math.floor(index / hexView.perRow)];
                const byte = row.groups[pane].bytes[index % hexView.perRow];
                return [byte.textContent, byte.className]; }""",
                [address, pane],
            )
        )

    def answers(self) -> None:
        """Hand over to the page what Python has said."""
        for content, buffers in self.widget.talk.messages:
            texts = [base64.b64encode(data).decode() for data in buffers]
            self.page.evaluate("([content, texts]) => model.receive(content, texts)", [content, texts])
        self.widget.talk.messages.clear()


@pytest.fixture
def shown(browser, tmp_path):
    """Opens reports on a page; afterwards nothing may have gone wrong there or been fetched."""
    context = browser.new_context(viewport={"width": 1100, "height": 950})
    context.set_default_timeout(10_000)
    opened = []

    def show(*reports) -> Opened:
        page = context.new_page()
        widget = ListeningExplorer(*reports)
        file = write_page(tmp_path, widget)
        one = Opened(page, widget)
        page.on("console", lambda message: message.type == "error" and one.troubles.append(message.text))
        page.on("pageerror", lambda error: one.troubles.append(str(error)))
        page.on("request", lambda request: request.url != file.as_uri() and one.troubles.append(request.url))
        page.goto(file.as_uri())
        page.wait_for_function("() => window.explorers?.length && !explorers[0]._frame")
        opened.append(one)
        return one

    yield show
    troubles = [trouble for one in opened for trouble in one.troubles]
    context.close()
    assert troubles == []


@pytest.fixture
def one(shown):
    return shown(report_of(DUMP, REGIONS, SECRETS))


@pytest.fixture
def two(shown):
    return shown(report_of(DUMP, REGIONS, SECRETS, "before"), report_of(changed(), REGIONS, SECRETS, "after"))


def test_hover_tells_address_region_byte_and_entropy(one):
    one.point(0)
    assert one.status().startswith("0x000000 (a cell of 4 bytes) · boot · byte E9 · entropy 7.8")
    one.point(0x11800)
    assert "0x011800" in one.status()
    assert one.status().endswith("· blank · byte FF · entropy 0.00 of 7.81: blank or one value")


def test_a_click_opens_the_bytes_there(one):
    one.point(WORD_AT)
    one.page.mouse.down()
    one.page.mouse.up()
    assert one.selection == [WORD_AT, WORD_AT + one.state("geometry.perCell")]
    assert one.hex_at(WORD_AT) == ("68", "fx-b fx-word fx-selected fx-cursor fx-hover")
    assert "hello th" in one.text(".fx-hexrows").replace("\n", "")


def test_a_drag_selects_and_entropy_strings_and_histogram_follow(one):
    one.drag(0x8000, 0x10FFC)
    start, end = one.selection
    assert start == 0x8000
    assert 0x10FFC < end <= 0x11010
    assert f"Entropy {entropy_of(DUMP[start:end]):.2f} bits" in one.text(".fx-lines")
    counts = one.page.evaluate("() => [...explorers[0].facts.histogram]")
    assert counts == [DUMP[start:end].count(byte) for byte in range(256)]
    one.page.wait_for_function("() => explorers[0].lists.strings.done")
    one.page.wait_for_timeout(300)
    found = one.page.evaluate("() => explorers[0].lists.strings.found")
    texts = [[match.start(), len(match[0])] for match in re.finditer(rb"[ -~]{6,}", DUMP)]
    assert found == [[at, size] for at, size in texts if at + size > start and at < end]


def test_entropy_has_a_meaning_in_one_region_and_in_enough_bytes_only(one):
    said = {
        (0, SIZE): " bits a byte",
        (0x1000, 0x5000): " bits a byte: compressed or random",
        (0x1000, 0x1010): " bits a byte",
        (0x12000, 0x12010): "Entropy 0.00 bits a byte: blank or one value",
        (0x800, 0x5000): " bits a byte",
    }
    for (start, end), words in said.items():
        one.page.evaluate("([start, end]) => model.set('selection', [start, end])", [start, end])
        one.state("start")
        assert one.text(".fx-lines > div:first-child").endswith(words)


def test_the_selection_reaches_python_and_python_moves_it(one):
    one.drag(0x2000, 0x3000)
    one.page.wait_for_function("() => sent.some(one => one.selection && one.selection[1] > 0x3000)")
    one.page.evaluate("() => model.set('selection', [0x10000, 0x11000])")
    assert one.title() == "Selected: 0x10000 – 0x10FFF · 4 KB"
    one.page.evaluate("() => model.receive({ type: 'show', start: 16, end: 32 }, [])")
    assert one.selection == [16, 32]


def test_text_is_found_in_capitals_and_small_letters(one):
    one.type_into(".fx-find", "ANOTHER")
    assert one.selection == [0x10800, 0x10807]
    assert one.text(".fx-count") == "1 of 1"
    one.type_into(".fx-find", "no such words")
    assert one.text(".fx-message") == "“no such words” was not found."


def test_hex_is_found_and_n_goes_round_the_hits(one):
    one.page.locator(".fx-kind").select_option("hex")
    one.type_into(".fx-find", "68 65 6c 6c 6f")
    assert one.selection == [WORD_AT, WORD_AT + 5]
    one.type_into(".fx-find", "6f 6c 64 0")
    assert "pairs of hex digits" in one.text(".fx-message")
    one.type_into(".fx-find", "0x74")
    first = one.selection
    one.press("n")
    assert one.selection[0] > first[0]
    one.press("N")
    assert one.selection == first


def test_jumps_to_an_address_a_region_and_a_string(one):
    one.type_into(".fx-goto", "0x12344")
    assert one.selection == [0x12344, 0x12345]
    one.type_into(".fx-goto", "sett")
    assert one.selection == [0x18000, SIZE]
    one.type_into(".fx-goto", "0x20000")
    assert one.text(".fx-message") == "0x20000 lies behind the end: the last byte is at 0x1FFFF."
    one.page.locator(".fx-region").select_option(label="texts")
    assert one.selection == [0x10000, 0x11000]
    one.page.get_by_role("tab", name="Strings").click()
    one.page.locator(".fx-row", has_text="Another greeting").click()
    assert one.selection == [0x10800, 0x10810]


def test_the_keyboard_moves_selects_zooms_and_asks(one):
    one.press("Home", "ArrowRight", "ArrowDown")
    cell, row = one.state("geometry.perCell"), one.state("geometry.perRow")
    assert one.selection == [row + cell, row + 2 * cell]
    one.press("Shift+ArrowRight", "Shift+ArrowDown")
    assert one.selection == [row + cell, 2 * row + 3 * cell]
    one.press("End")
    assert one.selection[1] == SIZE
    one.press("+", "+")
    assert one.state("geometry.perRow") < row
    one.press("PageUp", "-", "0", "Escape")
    assert one.selection == [0, 0]
    one.press("g")
    assert one.page.evaluate("() => document.activeElement.className") == "fx-field fx-goto"
    one.page.keyboard.press("Escape")
    one.press("/")
    assert one.page.evaluate("() => document.activeElement.className") == "fx-field fx-find"


def test_the_hex_view_moves_by_bytes(one):
    one.type_into(".fx-goto", "0x10000")
    one.page.locator(".fx-hex").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowRight"):
        one.page.keyboard.press(key)
    row = one.page.evaluate("() => explorers[0].hexView.perRow")
    assert one.selection == [0x10001 + row, 0x10003 + row]


def test_a_row_that_is_opened_by_the_keyboard_keeps_the_focus(one):
    one.page.locator(".fx-row", has_text="settings").focus()
    one.page.keyboard.press("Enter")
    assert one.selection == [0x18000, SIZE]
    one.page.wait_for_timeout(300)  # the lists follow a little later
    assert "settings" in one.page.evaluate("() => document.activeElement.textContent")
    one.page.keyboard.press("Shift+Tab")
    one.page.keyboard.press("Enter")
    assert one.selection == [0x11000, 0x18000]


def test_keys_stay_inside_and_ctrl_does_not(one):
    one.page.evaluate("() => { window.heard = []; document.addEventListener('keydown', e => heard.push(e.key)); }")
    one.press("d", "a", "ArrowDown", "Escape", "Control+s")
    one.page.locator(".fx-find").press("x")
    assert one.page.evaluate("() => heard") == ["Control", "s"]


def test_what_is_selected_is_spoken(one):
    one.press("Home")
    one.page.wait_for_function("() => document.querySelector('[aria-live]').textContent.startsWith('0x000000')")


def test_secrets_are_masked_until_they_are_revealed_and_then_hidden_again(one):
    one.type_into(".fx-goto", f"{PASSWORD_AT:#x}")
    assert one.hex_at(PASSWORD_AT)[0] == "••"
    assert "byte •• (masked)" in one.status()
    one.type_into(".fx-find", "***")
    assert one.text(".fx-message") == "“***” was not found."
    one.page.locator(".fx-reveal").click()
    assert "can then read the passwords" in one.text(".fx-warning")
    assert {"type": "reveal"} not in one.page.evaluate("() => sent")
    one.page.get_by_role("button", name="Show the secrets").click()
    assert {"type": "reveal"} in one.page.evaluate("() => sent")
    one.widget._handle_custom_msg({"type": "reveal"}, [])
    one.answers()
    assert one.hex_at(PASSWORD_AT)[0] == f"{PASSWORD[0]:02X}"
    one.type_into(".fx-find", "correct-horse")
    assert one.selection == [PASSWORD_AT, PASSWORD_AT + len(PASSWORD)]
    saved = one.page.evaluate("() => new Uint8Array(model.get('payload').buffer)[0x18020]")
    assert saved == ord("*")
    one.page.get_by_role("button", name="Hide the secrets").click()
    one.widget._handle_custom_msg({"type": "hide"}, [])
    one.answers()
    assert one.hex_at(PASSWORD_AT)[0] == "••"
    assert "correct" not in one.page.evaluate("() => document.body.innerText")


def test_differences_are_counted_marked_and_stepped_through(two):
    two.page.get_by_role("tab", name="Differences").click()
    assert "4 bytes in 2 sectors of 4 KB" in two.text(".fx-list")
    two.press("d")
    assert two.selection == [0x2000, 0x2003]
    assert "fx-differs" in two.hex_at(0x2001)[1]
    assert "fx-differs" in two.hex_at(0x2001, pane=1)[1]
    assert "fx-differs" not in two.hex_at(0x2003)[1]
    assert "3 of 3 bytes differ in B" in two.text(".fx-lines")
    two.press("d")
    assert two.selection == [0x12345, 0x12346]
    two.press("d")
    assert two.text(".fx-message") == "No difference behind this place."
    two.press("D")
    assert two.selection == [0x2000, 0x2003]
    two.point(0x12345, pane=1)
    assert two.status().startswith("B 0x012340 (a cell of 8 bytes, 1 of them differs)")


@pytest.mark.parametrize("theme", [{}, {"--jp-layout-color1": "#212121", "--jp-ui-font-color1": "#ffffff"}])
def test_what_differs_is_readable_in_a_light_and_a_dark_theme(two, theme):
    two.page.evaluate(
        "(names) => { for (const [k, v] of names) document.body.style.setProperty(k, v); }", [*theme.items()]
    )
    two.press("d")
    two.state("start")
    text, paper = two.page.evaluate(
        """() => { const drawn = document.createElement('canvas').getContext('2d');
        const rgb = (colour) => { drawn.fillStyle = colour; drawn.fillRect(0, 0, 1, 1);
            return [...drawn.getImageData(0, 0, 1, 1).data].slice(0, 3); };
        return [rgb(getComputedStyle(document.querySelector('.fx-b.fx-differs')).color),
            rgb(getComputedStyle(document.querySelector('.fx')).backgroundColor)]; }"""
    )
    assert contrast(text, paper) >= 4.5


def test_bytes_and_lists_have_room_in_a_notebooks_cell(one, two):
    for page in (one, two):
        page.page.set_viewport_size({"width": 870, "height": 950})
        page.page.wait_for_timeout(150)
        wide = page.page.evaluate("() => document.querySelector('.fx-side').clientWidth")
        assert wide > 320
    tops = one.page.evaluate("() => [...document.querySelectorAll('.fx-tab')].map(tab => tab.offsetTop)")
    assert len(set(tops)) == 1


def test_in_a_narrow_cell_the_bytes_of_both_dumps_are_seen_and_their_names(two):
    two.page.set_viewport_size({"width": 360, "height": 950})
    two.page.wait_for_timeout(150)
    two.press("d")
    assert [two.hex_at(0x2000, pane)[0] for pane in (0, 1)] == [f"{data[0x2000]:02X}" for data in (DUMP, changed())]
    outside = two.page.evaluate(
        """() => { const right = document.querySelector('.fx-hex').getBoundingClientRect().right;
        return [...document.querySelectorAll('.fx-hex span')].filter(
            (one) => one.getBoundingClientRect().right > right).length; }"""
    )
    assert outside == 0
    assert two.text(".fx-names").split("\n") == ["A = before", "B = after"]


def test_the_rows_of_two_dumps_stand_side_by_side_where_there_is_room(two):
    tops = """() => { const { bytes } = explorers[0].hexView.rows[0].groups[0];
        const other = explorers[0].hexView.rows[0].groups[1].bytes;
        return other[0].getBoundingClientRect().top - bytes[0].getBoundingClientRect().top; }"""
    assert two.page.evaluate(tops) == 0
    two.page.set_viewport_size({"width": 420, "height": 950})
    two.page.wait_for_timeout(150)
    assert two.page.evaluate(tops) > 0
    two.page.set_viewport_size({"width": 1100, "height": 950})
    two.page.wait_for_timeout(150)
    assert two.page.evaluate(tops) == 0


def test_a_shorter_second_dump_differs_where_it_ends(shown):
    one = shown(report_of(bytes(5000)), report_of(bytes(4990)))
    assert one.state("differences.bytes") == 10
    one.press("d")
    assert one.selection == [4990, 5000]
    assert one.hex_at(4995, pane=1)[0].strip() == ""


@pytest.mark.parametrize("size", [0, 1, 15, 4097, 1_000_003])
def test_a_file_of_any_size_is_shown(shown, size):
    one = shown(report_of(random.Random(size).randbytes(size)))
    one.press("End", "+", "ArrowUp", "PageDown", "-", "0", "d")
    one.page.mouse.move(500, 250)
    one.page.mouse.wheel(0, 300)
    for colour in ("entropy", "region", "class"):
        one.page.locator(".fx-colour").select_option(colour)
        one.state("start")
    assert one.selection[1] == size
    if not size:
        assert one.status() == "The file is empty."


def test_it_follows_the_width_and_goes_away_without_a_trace(one):
    for width in (640, 1500, 420):
        one.page.set_viewport_size({"width": width, "height": 900})
        one.page.wait_for_timeout(150)
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    one.page.evaluate("() => unmount()")
    assert one.page.locator(".fx").count() == 0


def test_in_jupyterlab_the_keys_leave_the_notebook_alone_and_python_knows_the_selection(notebook):
    notebook.lab.write_notebook(
        "explore.ipynb",
        "from sonoffkit.practice import MODELS\n"
        "from sonoffkit.practice.factory import factory_image\n"
        "from sonoffkit.report import inspect_dump\n"
        "from sonoffkit.widgets import FlashExplorer\n"
        "data = factory_image(MODELS['basic'], bytes.fromhex('5ccf7f010203'))\n"
        "explorer = globals().get('explorer') or FlashExplorer(inspect_dump(data, 'practice'))\n"
        "explorer",
        "explorer.selection",
    )
    notebook.open("explore.ipynb")
    notebook.run_all()
    page = notebook.page
    page.locator(".fx-goto").fill("system parameters A")
    page.locator(".fx-goto").press("Enter")
    for key in ("d", "d", "a", "b", "x", "m"):
        page.keyboard.press(key)
    page.wait_for_timeout(600)
    assert page.locator(".jp-CodeCell").count() == 2
    notebook.run_all()
    page.locator(".jp-OutputArea-output", has_text="(1036288, 1040384)").wait_for()
    notebook.screenshot("explorer")
    assert notebook.console_errors == []
    assert notebook.outside_requests == []
