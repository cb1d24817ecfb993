"""The practice bench: which wire is on which pin, and what a practice device has of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from types import MappingProxyType

from .cables import CABLE_FAULTS, QUALITIES
from .chip import ChipState
from .dangers import five_volts, mains, no_header, not_a_wire, wrong_pins
from .device import PracticeDevice
from .doing import Doing, running
from .faults import Faults, Wires
from .hidden import Cure, HiddenFault, hidden_fault, hidden_named

__all__ = ["PINS", "RIGHT_WIRES", "Answer", "Bench", "bench_of", "hide", "lies_on"]

PINS = ("3V3", "RX", "TX", "GND")  # of the adapter, and of the board
RIGHT_WIRES = MappingProxyType({"3V3": "3V3", "RX": "TX", "TX": "RX", "GND": "GND"})
SWAPPED_WIRES = {"RX": "RX", "TX": "TX"}
JUMPER = "3.3 V"


DEFAULTS = {each.name: each.default for each in fields(Faults) if each.default is not MISSING}


@dataclass(frozen=True)
class Answer:
    """What came of a guess: the verdict, and what there is to know about the fault."""

    right: bool
    verdict: str
    more: str = ""

    @property
    def text(self) -> str:
        return f"{self.verdict} {self.more}".strip()


class Bench:
    """A practice device between wires, a plug and a button. A new one has no wires, and its adapter is out of USB.

    ``wired=True`` puts the right wires on and leaves power, plug and button as
    they are. The bench sets the device's pins and power, which live in its
    folder, and its faults of wires and cable, which live in this process like
    all faults: the wires are gone with it. Other faults stay what they are. A
    device lies on one bench at a time, the one made last. What its hand does
    raises DeviceInUse while another program has the device open.
    """

    def __init__(self, device: PracticeDevice, *, wired: bool = False) -> None:
        if not wired:
            device.unplug()
            device.release_button()
        before = lies_on(device)
        if before:
            before._undo()
        self.device = device
        self._wires: dict[str, str] = dict(RIGHT_WIRES) if wired else {}
        self._looped = False
        self._quality = "short"
        self._hidden: HiddenFault | None = None
        self._cured = False
        self._named: HiddenFault | None = None
        self._set_faults()
        _benches[device] = self

    def __repr__(self) -> str:
        wires = ", ".join(f"{one} to {other}" for one, other in self._wires.items()) or "no wires"
        wires += ", looped" if self._looped else ""
        return f"<Bench of {self.device.name}: {wires}>"

    @property
    def has_header(self) -> bool:
        """False for a development board: its adapter is built in, and its USB cable is all its wires."""
        return not self.device.model.auto_reset

    # Wires

    @property
    def wires(self) -> Mapping[str, str]:
        """The board's pin by the adapter's, for each wire."""
        return MappingProxyType(self._wires)

    def connect(self, adapter: str, board: str) -> None:
        """Put a wire on; a pin takes one wire, and an older one on it is taken off. Raises Refused for what burns."""
        _check(adapter, board)
        if not self.has_header:
            raise no_header()
        if refusal := wrong_pins(adapter, board):
            raise refusal
        if adapter in SWAPPED_WIRES:
            self._looped = False
        taken = [one for one, other in self._wires.items() if (one == adapter) != (other == board)]
        self._take_off(*taken)
        self._wires = self._wires | {adapter: board}
        self.follow()

    def disconnect(self, adapter: str) -> None:
        """Take the wire off a pin of the adapter; without one there nothing happens."""
        _check(adapter)
        self._take_off(adapter)
        self.follow()

    @property
    def is_looped(self) -> bool:
        """Whether the adapter's TX is on its own RX: the test of a cable without a device."""
        return self._looped

    def loop(self) -> None:
        """Put the adapter's TX on its own RX; whatever was on them is taken off."""
        if not self.has_header:
            raise no_header()
        self._take_off("TX", "RX")
        self._looped = True
        self.follow()

    def unloop(self) -> None:
        """Take that wire off."""
        self._looped = False
        self.follow()

    def join(self, one: str, other: str) -> str:
        """Connect two pins by their full names, as ``adapter TX`` and ``board RX``, or take their wire off again.

        Says in words what was done.
        """
        if {one, other} == {"adapter TX", "adapter RX"}:
            return self._join_loop()
        pins = dict(_side_and_pin(end) for end in (one, other))
        if len(pins) < 2:
            raise not_a_wire(one, other)
        adapter, board = pins["adapter"], pins["board"]
        if self._wires.get(adapter) == board:
            self.disconnect(adapter)
            return f"Took the wire between adapter {adapter} and board {board} off."
        self.connect(adapter, board)
        return f"Wired adapter {adapter} to board {board}."

    def _join_loop(self) -> str:
        if self._looped:
            self.unloop()
            return "Took the wire between the adapter's TX and its own RX off."
        self.loop()
        return "Looped: the adapter's TX on its own RX. What it sends comes back, if adapter and cable are good."

    def take_all_off(self) -> None:
        """No wires."""
        self._looped = False
        self._take_off(*PINS)
        self.follow()

    def _take_off(self, *adapter_pins: str) -> None:
        taken = self._wires.keys() & set(adapter_pins)
        # A new dict: the view may be reading the old one in another thread.
        self._wires = {one: other for one, other in self._wires.items() if one not in taken}
        if self._hidden and taken & self._hidden.loose:
            self._cure(Cure.RESEAT)

    # Plug, power, button, cable

    @property
    def jumper(self) -> str:
        """Always on 3.3 V."""
        return JUMPER

    @jumper.setter
    def jumper(self, volts: str) -> None:
        if volts != JUMPER:
            raise five_volts()

    def plug_mains(self, live_ground: str = "") -> None:
        """Never."""
        raise mains(live_ground)

    @property
    def plugged_in(self) -> bool:
        """Whether the adapter is in the computer's USB socket."""
        return self.device.state().plugged_in

    def plug_in(self) -> None:
        """Put the adapter into USB: the port appears, and the power comes if its wires are on."""
        self.device.plug_in()

    def unplug(self) -> None:
        """Pull the adapter."""
        self.device.unplug()

    @property
    def is_supplied(self) -> bool:
        """Whether both wires of the power carry it. Shown right and loose all the same is no supply."""
        return not self.has_header or {"3V3", "GND"} <= self._sound().keys()

    @property
    def powered(self) -> bool:
        """Whether the device has its 3.3 V now."""
        return self.device.state().powered

    def power_on(self) -> None:
        """Give it the 3.3 V; nothing comes of it where the adapter is out or a wire is missing."""
        self.device.power_on()

    def power_off(self) -> None:
        """Take the 3.3 V away: the wires stay, as if the 3V3 plug were lifted a little."""
        self.device.power_off()

    @property
    def held(self) -> bool:
        """Whether the button is held."""
        return self.device.state().button_held

    def hold(self) -> None:
        """Press the button, and keep it."""
        self.device.hold_button()

    def release(self) -> None:
        """Let it go."""
        self.device.release_button()

    def make_ready(self) -> None:
        """USB in, and started anew with the button held: in download mode, if wires and adapter are good."""
        self.plug_in()
        self.power_off()
        self.hold()
        self.power_on()
        self.release()

    @property
    def quality(self) -> str:
        """The cable's or adapter's name in ``QUALITIES``."""
        return self._quality

    @quality.setter
    def quality(self, name: str) -> None:
        if name not in QUALITIES:
            raise ValueError(f"there is no cable {name!r}; there are: {', '.join(QUALITIES)}")
        self._quality = name
        self._cure(Cure.CABLE)  # one of the same kind, too, is another one
        self.follow()

    # Hidden faults

    @property
    def hides(self) -> bool:
        """Whether something is hidden that was not named yet."""
        return self._hidden is not None

    @property
    def named(self) -> HiddenFault | None:
        """The fault that was hidden here last, once somebody has named it."""
        return self._named

    def hide(self, word: str) -> None:
        """Have the fault of a teacher's code word, in the place of any hidden before."""
        self.heal()
        self._hidden, self._named = hidden_fault(word), None
        self.follow()

    def reveal(self) -> str:
        """What is hidden, in words; it stays."""
        return _told(self._hidden) if self._hidden else "Nothing is hidden here."

    def found(self, guess: str) -> Answer:
        """Check a guess, a name or a title in ``HIDDEN_FAULTS``; the right one repairs it. ValueError for no fault."""
        named, hidden = hidden_named(guess), self._hidden
        if hidden is None:
            return self._named_again(named)
        if named is not hidden:
            return Answer(False, "Not that.", f"What one would meet then: {named.meets}")
        verdict = "Right, and you have cured it." if self._cured else "Right, and it is repaired now."
        self.heal()
        self._named = hidden
        return Answer(True, verdict, _told(hidden))

    def _named_again(self, guess: HiddenFault) -> Answer:
        """What was right stays right: a notebook's cell may be run twice."""
        if self._named is None:
            return Answer(False, "Nothing is hidden here.")
        if guess is self._named:
            return Answer(True, "Right.", _told(guess))
        return Answer(False, "Not that.", f"It is found already: {self._named.title}.")

    def heal(self) -> None:
        """Take the hidden fault away."""
        self._undo()
        self._hidden, self._cured = None, False
        self.follow()

    def _cure(self, cure: Cure) -> None:
        """The hand has done something: is the hidden fault gone by that?"""
        if self._hidden and self._hidden.cure is cure and not self._cured:
            self._undo()
            self._cured = True

    def _undo(self) -> None:
        if self._hidden:
            self._set(**{name: DEFAULTS[name] for name in self._hidden.faults})

    @property
    def _ails(self) -> HiddenFault | None:
        return None if self._cured else self._hidden

    # What the device has of it

    def does(self) -> Doing:
        """What the device does now."""
        state = self.device.state()
        if state.powered:
            return running(self.device, state)
        return Doing("off", self._why_off(state))

    def _why_off(self, state: ChipState) -> str:
        if not state.plugged_in:
            return "Off: the USB plug is out, so the computer sees no port."
        missing = [pin for pin in ("3V3", "GND") if self.has_header and pin not in self._wires]
        if missing:
            return f"Off: no power without {' and '.join(missing)}."
        return "Off: its 3.3 V are switched off." if self.is_supplied else "Off: no power arrives."

    def _sound(self) -> dict[str, str]:
        """The wires that carry something."""
        loose = self._ails.loose if self._ails else frozenset()
        return {one: other for one, other in self._wires.items() if one not in loose}

    def _data_wires(self) -> Wires:
        if not self.has_header:
            return Wires.GOOD
        if self._looped:
            broken = self._ails.loose & {"TX", "RX"} if self._ails else ()
            return Wires.OPEN if broken else Wires.LOOPED
        turned = {"RX": "TX", "TX": "RX"} if self._ails and self._ails.turned_labels else {}
        sound = {one: turned.get(other, other) for one, other in self._sound().items() if one in SWAPPED_WIRES}
        if sound == SWAPPED_WIRES:
            return Wires.SWAPPED
        to_host, to_chip = sound.get("RX") == "TX", sound.get("TX") == "RX"
        return {
            (True, True): Wires.GOOD,
            (True, False): Wires.TX_OPEN,
            (False, True): Wires.RX_OPEN,
            (False, False): Wires.OPEN,
        }[to_host, to_chip]

    def follow(self) -> None:
        """Have the device's power and faults what wires, cable and hidden fault make of them, whoever changed them."""
        had = not self.device.faults.power_open
        self._set_faults()
        supplied = self.is_supplied
        if self.device.state().powered and not supplied:
            self.device.power_off()
        elif supplied and not had:
            self.device.power_on()

    def _set_faults(self) -> None:
        cable = dict.fromkeys(CABLE_FAULTS) | dict(QUALITIES[self._quality].faults)
        hidden = dict(self._ails.faults) if self._ails else {}
        if self.device.faults.sag_after is not None:  # it counts down, and is wound up again when it has sagged
            hidden.pop("sag_after", None)
        self._set(wires=self._data_wires(), power_open=not self.is_supplied, **cable | hidden)

    def _set(self, **values: object) -> None:
        """Set some of the device's faults, and leave the others."""
        with self.device.condition:
            faults = replace(self.device.faults, **values)  # type: ignore[arg-type]
            if faults != self.device.faults:
                self.device.faults = faults


_benches: dict[PracticeDevice, Bench] = {}  # like the devices, for as long as the process lives


def lies_on(device: PracticeDevice) -> Bench | None:
    """The bench that a device lies on, if it does: then its faults are to be found, not to be read."""
    return _benches.get(device)


def bench_of(device: PracticeDevice) -> Bench:
    """The bench that a device lies on; where there is none, one with the right wires on, which changes nothing."""
    return lies_on(device) or Bench(device, wired=True)


def hide(where: Bench | PracticeDevice, word: str) -> None:
    """For the teacher: hide the fault of a code word on a bench, or on a device's."""
    (where if isinstance(where, Bench) else bench_of(where)).hide(word)


def _told(fault: HiddenFault) -> str:
    """True before the cure and after it."""
    return (
        f"{fault.title}. What one meets: {fault.meets} What cures it on the bench: {fault.cure}. "
        f"On a real one: {fault.real}"
    )


def _side_and_pin(name: str) -> tuple[str, str]:
    side, _, pin = name.partition(" ")
    if side not in ("adapter", "board"):
        raise ValueError(f"there is no pin {name!r}; they are called 'adapter TX', 'board RX' and so on")
    return side, pin


def _check(*pins: str) -> None:
    for pin in pins:
        if pin not in PINS:
            raise ValueError(f"there is no pin {pin!r}; there are: {', '.join(PINS)}")
