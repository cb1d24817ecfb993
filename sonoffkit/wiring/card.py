"""The card: blocks of a known height, stacked to one SVG, and how JupyterLab and a terminal show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from ..readable import readable_picture
from .boards import BOARDS, Board
from .picture import picture, usb_picture
from .svg import AMBER, INK, RED, Block, at, path, rect, text, text_lines, wrap
from .words import DONE, LIVE, MAINS, USB_ONLY, Section, in_short, say, sections, title

__all__ = ["WIDTH", "WiringCard", "wiring_card"]

WIDTH, MARGIN = 760, 12
READABLE = 600  # pixels: narrower, and what must not be done can't be read
COLUMN = 361
CENTRE = WIDTH / 2
GREY, PAPER, BLUE = "#8c8c8c", "#fdfcf8", "#23404f"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True)
class WiringCard:
    """A board's wiring: a picture in JupyterLab, words in a terminal; ``svg`` and ``text`` say the same."""

    board: Board

    @property
    def svg(self) -> str:
        """The picture: one SVG that needs nothing from outside."""
        return _draw(self.board)

    @property
    def text(self) -> str:
        """The same in words."""
        return say(self.board)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"wiring_card({self.board.key!r})"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        # JupyterLab shows an SVG as an image without an alternative text (it
        # drops <title> and <desc>), so screen readers need this one.
        source = f"data:image/svg+xml,{quote(self.svg)}"
        image = readable_picture(source, in_short(self.board), WIDTH, READABLE)
        words = f'<pre style="white-space: pre-wrap">{escape(self.text)}</pre>'
        return f"{image}<details><summary>The same in words</summary>{words}</details>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self._repr_html_(), "image/svg+xml": self.svg}


def wiring_card(board: str = "basic") -> WiringCard:
    """The card of one of ``BOARDS``; raises ValueError, with their names, for another."""
    if board not in BOARDS:
        raise ValueError(f"There is no wiring card for {board!r}. There are cards for: {', '.join(BOARDS)}.")
    return WiringCard(BOARDS[board])


def _draw(board: Board) -> str:
    height, body = _stack(_blocks(board))
    key = f"wiring-{board.key}"
    # JupyterLab wants the namespace in the <svg> tag itself.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'font-family="{FONT}" style="max-width:100%;height:auto">'
        f'<title id="{key}-title">{escape(title(board))}</title>'
        f'<desc id="{key}-desc">{escape(say(board))}</desc>'
        f"{rect(1, 1, WIDTH - 2, height - 2, PAPER, GREY, radius=12)}{body}</svg>"
    )


def _blocks(board: Board) -> list[Block]:
    if board.usb_only:
        return [_banner(*USB_ONLY, BLUE), _heading(board), usb_picture(), _columns(board)]
    live = [_live_banner()] if board.live_ground else []
    return [_banner(*MAINS, RED), *live, _heading(board), picture(board), _columns(board), _done()]


def _stack(blocks: Iterable[Block], gap: float = 13) -> Block:
    y, parts = gap, []
    for height, body in blocks:
        parts.append(at(0, y, body))
        y += height + gap
    return y, "".join(parts)


def _banner(loud: str, rest: str, colour: str) -> Block:
    words = text(CENTRE, 34, loud, 26, "#fff", bold=True, anchor="middle")
    words += text(CENTRE, 60, rest, 17, "#fff", anchor="middle")
    signs = at(MARGIN + 32, 13, _warning_sign()) + at(WIDTH - MARGIN - 84, 13, _unplugged_sign(colour))
    return 76, rect(MARGIN, 0, WIDTH - 2 * MARGIN, 76, colour, radius=8) + words + signs


def _live_banner() -> Block:
    loud, rest = LIVE
    lines = wrap(rest, 680, 16)
    height = 46 + 22 * len(lines)
    body = rect(MARGIN + 1, 1, WIDTH - 2 * MARGIN - 2, height - 2, AMBER, INK, 3, radius=8)
    body += text(CENTRE, 30, loud, 20, bold=True, anchor="middle")
    return height, body + text_lines(CENTRE, 54, lines, 16, 22, "middle")


def _heading(board: Board) -> Block:
    return 46, text(MARGIN + 14, 18, title(board), 20, bold=True) + text(MARGIN + 14, 42, board.where, 16)


def _done() -> Block:
    frame = rect(MARGIN + 1, 1, WIDTH - 2 * MARGIN - 2, 38, "#fff", RED, 3, radius=8)
    return 40, frame + text(CENTRE, 26, DONE, 16, bold=True, anchor="middle")


def _columns(board: Board) -> Block:
    *left, right = [_section(each) for each in sections(board)]
    left_height, left_body = _stack(left, 12)
    height = max(left_height, right[0] + 24)
    sides = ((MARGIN, left_body), (WIDTH - MARGIN - COLUMN, at(0, 12, right[1])))
    return height, "".join(at(x, 0, rect(0, 0, COLUMN, height, "#fff", GREY, radius=8) + body) for x, body in sides)


def _section(each: Section) -> Block:
    body, y = text(16, 14, each.title, 17, bold=True), 38
    for mark, item in each.marked():
        lines = wrap(item, COLUMN - 50, 15)
        body += text(16, y, mark, 15, bold=True) + text_lines(38, y, lines, 15, 19)
        y += 19 * len(lines) + 5
    return y - 19, body


def _warning_sign() -> str:
    return path("M26 4L50 46H2Z", "#fff", 3, fill=AMBER) + text(26, 41, "!", 30, bold=True, anchor="middle")


def _unplugged_sign(colour: str) -> str:
    plug = path("M26 50V36M18 14V4M34 14V4", "#fff", 5) + rect(11, 14, 30, 22, "#fff", radius=5)
    return plug + path("M4 46L48 6", colour, 9) + path("M4 46L48 6", "#fff", 4)
