"""The practice bench as a widget: hands the clicks to the model, and what comes of them to the view."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import anywidget
import traitlets

from ...exercises import Verdict
from ...ports import is_practice, practice_at
from ...practice import (
    LESSON,
    SCHEME,
    Bench,
    DeviceInUse,
    PracticeDevice,
    Refused,
    bench_of,
    practice_device,
    practice_folder,
)
from ...practice.bench import Answer
from ...progress import note_hunted
from ..noted import noted
from .pulse import Pulse
from .scene import Said, board_facts, live_ground, scene

__all__ = ["PracticeBench"]

FOLDER = Path(__file__).parent
# In this order: each file uses what stands before it.
SCRIPTS = ("page", "places", "computer", "adapter", "board", "wires", "hands", "controls", "card", "main")
IN_USE = "Another notebook or program has this practice Sonoff open just now. Nothing was done: close it there first."


def _script() -> str:
    return "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


class PracticeBench(anywidget.AnyWidget):
    """A practice Sonoff on a table, with an adapter and wires to be put on.

    It begins without wires and with the adapter out of USB, or ``wired``, as
    the device is. ``hidden`` is a teacher's code word; then a device, if none is
    given one of its own, is wired, plugged in and started with the button held,
    and yet it does not work.
    ``bench`` is the model behind it, for code; the view follows whatever is done
    there or elsewhere.
    """

    _esm = _script()
    _css = (FOLDER / "bench.css").read_text(encoding="utf-8")
    board = traitlets.Dict().tag(sync=True)
    scene = traitlets.Dict().tag(sync=True)

    def __init__(self, device: PracticeDevice | str = "", *, wired: bool = False, hidden: str = "") -> None:
        self.device = _device_of_word(hidden) if hidden and not device else _device(device or "basic")
        self._said = Said()
        try:
            Bench(self.device, wired=wired or bool(hidden))
            if hidden:
                self.bench.hide(hidden)
                self.bench.make_ready()
        except DeviceInUse:
            self._said = Said(1, IN_USE)
        super().__init__(board=board_facts(self.device.model), scene=scene(self.bench, self._said))
        self._pulse = Pulse(self._look)
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        return f"<PracticeBench of {self.device.name}>"

    @property
    def bench(self) -> Bench:
        """The model: the device's bench, also where another cell has made it anew."""
        return bench_of(self.device)

    @property
    def port(self) -> str:
        """The port's name, for an operation or in a terminal."""
        if self.device.folder.parent == practice_folder().resolve():
            return f"{SCHEME}{self.device.name}"
        return f"{SCHEME}{self.device.name}?home={quote(self.device.folder.as_posix())}"

    def hide(self, word: str) -> None:
        """For the teacher: hide the fault of a code word."""
        self.bench.hide(word)
        self._look()

    @property
    def named(self) -> str:
        """The fault that was hidden here last, in words, once somebody has named it; empty before."""
        named = self.bench.named
        return named.title if named else ""

    def found(self, guess: str) -> Verdict:
        """Check a guess; the right one repairs the device."""
        answer = self._guess(guess)
        self._look()
        return Verdict(answer.right, answer.text)

    def _guess(self, name: str) -> Answer:
        """The answer; a fault that was hunted down is written into the learner's progress."""
        hid, answer = self.bench.hides, self.bench.found(name)
        if hid and answer.right:
            why = noted(note_hunted, self.named)
            return replace(answer, more=f"{answer.more} {why}".strip())
        return answer

    def reveal(self) -> str:
        """What is hidden, in words."""
        return self.bench.reveal()

    def close(self) -> None:
        """Take it off the page."""
        self._pulse.stop()
        super().close()

    # From the view

    def _asked(self, _widget: object, content: dict[str, object], _buffers: object) -> None:
        does, words = str(content.get("do", "")), {name: str(value) for name, value in content.items()}
        if does == "look":
            self._pulse.look()
        elif does == "gone":
            self._pulse.stop()
        elif action := self._actions(words).get(does):
            self._pulse.do(lambda: self._act(action))

    def _actions(self, words: dict[str, str]) -> dict[str, Callable[[], str | Answer | None]]:
        """By the view's names; each may return what to say."""
        bench = self.bench
        return {
            "join": lambda: bench.join(words["one"], words["other"]),
            "loosen": lambda: self._loosen(words["pin"]),
            "clear": _done(bench.take_all_off, "Took all wires off."),
            "plug": _done(bench.plug_in, "Plugged USB in."),
            "unplug": _done(bench.unplug, "Pulled USB out."),
            "power on": lambda: self._power_on(),
            "power off": _done(bench.power_off, "Switched the 3.3 V off."),
            "hold": _done(bench.hold, self._gpio0("on", "held")),
            "release": _done(bench.release, self._gpio0("off", "released")),
            "5 V": lambda: setattr(bench, "jumper", "5 V"),
            "mains": lambda: bench.plug_mains(live_ground(self.device.model)),
            "cable": lambda: self._take_cable(words["name"]),
            "guess": lambda: self._guess(words["name"]),
            "close": lambda: "",
        }

    def _power_on(self) -> str:
        self.bench.power_on()
        if self.bench.powered:
            return "Switched the 3.3 V on."
        return f"No power comes. {self.bench.does().text}"

    def _gpio0(self, bridge: str, button: str) -> str:
        if self.board["bridge"]:
            return f"The bridge between GPIO0 and GND is {bridge}."
        return f"The button is {button}."

    def _loosen(self, pin: str) -> str:
        side, _, name = pin.partition(" ")
        bench = self.bench
        if bench.is_looped and side == "adapter" and name in ("TX", "RX"):
            return bench.join("adapter TX", "adapter RX")
        for one, other in bench.wires.items():
            if (one if side == "adapter" else other) == name:
                return bench.join(f"adapter {one}", f"board {other}")
        return f"There is no wire on {pin}."

    def _take_cable(self, name: str) -> str:
        self.bench.quality = name
        about = next(each["about"] for each in self.board["qualities"] if each["name"] == name)
        return f"Another one from the drawer. {about}"

    def _act(self, action: Callable[[], str | Answer | None]) -> None:
        text, more, refused = "", "", None
        try:
            said = action()
            text, more = (said.verdict, said.more) if isinstance(said, Answer) else (said or "", "")
        except Refused as no:
            refused = no
        except DeviceInUse:
            text = IN_USE
        except Exception as error:  # in this thread nobody else would tell it
            text = f"That did not work. {error}"
        self._said = Said(self._said.number + 1, text, more, refused)
        self._look()

    def _look(self) -> None:
        """Show how things stand now."""
        try:
            with contextlib.suppress(DeviceInUse):  # the next look may find it free
                self.bench.follow()
            now = scene(self.bench, self._said)
        except (OSError, ValueError) as error:  # its folder is gone, or being written
            now = dict(self.scene) | {"said": f"The practice device cannot be read: {error}"}
        if now != self.scene:
            self.scene = now


def _done(action: Callable[[], None], text: str) -> Callable[[], str]:
    """The action, and what to say once it is done."""

    def do() -> str:
        action()
        return text

    return do


def _device_of_word(word: str) -> PracticeDevice:
    """Each code word has its own Sonoff: two hunts on one page are two devices."""
    name = word if word.isascii() and word.isalnum() else hashlib.sha256(word.encode()).hexdigest()[:8]
    return practice_device(f"{LESSON}-{name.lower()}", model="basic")


def _device(device: PracticeDevice | str) -> PracticeDevice:
    if isinstance(device, PracticeDevice):
        return device
    return practice_at(device) if is_practice(device) else practice_device(device)
