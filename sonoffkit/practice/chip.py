"""The chip as a whole: power, reset, the pins that decide what starts, and the UART."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum

from .faults import Faults
from .flash import NorFlash
from .loader import Boot, ChangeBaud, Loader, Op, RunStub, Step
from .machine import Machine
from .models import Model
from .rom import RomLoader
from .slip import SlipDecoder
from .stub import GREETING, StubLoader
from .uart import heard

__all__ = ["EN_RISE_SECONDS", "Chip", "ChipState", "Running", "Sent"]

# How long EN takes to rise through its capacitor on boards with automatic
# reset; the pins are sampled then (esptool issue 383).
EN_RISE_SECONDS = 0.005
BOOT_LOG_BAUD = 74880


class Running(StrEnum):
    """What the chip runs."""

    NOTHING = "nothing"  # no power, or held in reset
    ROM = "rom"  # the ROM loader: download mode
    STUB = "stub"  # a flasher stub, from RAM
    FIRMWARE = "firmware"  # whatever lies in flash


@dataclass
class ChipState:
    """What outlives an open port: pins, power, and what runs at which speed (None: finds it out)."""

    running: Running = Running.ROM
    baud: int | None = None
    stub_generation: int = 2
    button_held: bool = False
    powered: bool = True
    plugged_in: bool = True

    @classmethod
    def from_dict(cls, saved: dict[str, object]) -> ChipState:
        state = cls(**{k: v for k, v in saved.items() if k in cls.__dataclass_fields__})  # type: ignore[arg-type]
        state.running = Running(state.running)
        return state

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Sent:
    """Bytes that the chip sends: from when on (seconds of the line's clock), and at which speed."""

    data: bytes
    at: float
    baud: int


class Chip:
    """Bytes in, bytes out, pins.

    ``hear`` takes what the wire brings and gives what the chip sends, each
    with its time, so the same object serves a line in real time and one at
    full speed. ``changed`` is called after each change that outlives the port.
    """

    def __init__(
        self,
        model: Model,
        mac: bytes,
        flash: NorFlash,
        state: ChipState,
        faults: Faults,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.model, self.state, self.faults = model, state, faults
        self.en_rise = EN_RISE_SECONDS
        self._mac, self._flash, self._changed = mac, flash, changed
        self._busy_until = -math.inf
        self._en_low = self._io0_low = False
        self._samples_pins_at: float | None = None
        self._start(state.running)

    # Pins and power

    def press_button(self, held: bool) -> None:
        """Hold GPIO0 low, or let it go."""
        self.state.button_held = held
        self._changed()

    def power(self, on: bool) -> None:
        """Give or take the 3.3 V; the pins are sampled when it comes."""
        if on and not self.state.powered and self.state.plugged_in:  # the 3.3 V come from the adapter
            self.state.powered = True
            self._sample_pins()
        elif not on:
            self.state.powered = False
            self._run(Running.NOTHING)

    def set_modem_lines(self, dtr: bool, rts: bool, at: float) -> None:
        """DTR and RTS of the adapter, through the two transistors that reset a development board."""
        if not self.model.auto_reset or not self.state.powered:
            return
        self._settle(at)
        en_low, self._io0_low = rts and not dtr, dtr and not rts
        if en_low:
            self._samples_pins_at = None
            if self.state.running is not Running.NOTHING:
                self._run(Running.NOTHING)
        elif self._en_low:
            self._samples_pins_at = at + self.en_rise
        self._en_low = en_low

    def let_go(self) -> None:
        """The port is closed: its lines fall back, and a pending start happens."""
        self.set_modem_lines(False, False, math.inf)
        self._settle(math.inf)

    def _settle(self, at: float) -> None:
        if self._samples_pins_at is not None and at >= self._samples_pins_at:
            self._samples_pins_at = None
            self._sample_pins()

    def _sample_pins(self) -> None:
        download = self.state.button_held or self._io0_low
        self._run(Running.ROM if download else Running.FIRMWARE)

    # What runs

    def _run(self, what: Running, generation: int = 2) -> None:
        self.state.running = what
        self.state.stub_generation = generation
        if what is Running.NOTHING:
            self._busy_until = -math.inf  # work under way ends with the power
        if what is not Running.STUB:
            self.state.baud = BOOT_LOG_BAUD if what is Running.FIRMWARE else None
        self._start(what)
        self._changed()

    def _start(self, what: Running) -> None:
        self._frames = SlipDecoder()
        if what is not Running.STUB or not hasattr(self, "_machine"):
            self._machine = Machine(self._mac, self._flash, self.model.flash_id, self.faults)
        self._loader: Loader | None = None
        if what is Running.ROM:
            self._loader = RomLoader(self._machine)
        elif what is Running.STUB:
            self._loader = StubLoader(self._machine, self.state.stub_generation)

    # The wire

    def hear(self, data: bytes, baud: int, at: float) -> list[Sent]:
        """Bytes that arrived by ``at``, sent at ``baud``; what the chip sends in answer."""
        self._settle(at)
        sent: list[Sent] = []
        for frame in self._frames.feed(heard(data, baud, self.state.baud or baud)):
            if self._loader is None:
                break
            if self.state.baud is None and len(frame) > 1 and frame[1] == Op.SYNC:
                self.state.baud = baud  # the ROM measures the speed of the first words it hears
            at = max(at, self._busy_until)
            for step in self._steps(self._loader, frame):
                if isinstance(step, float):
                    at += step
                else:
                    sent.append(Sent(step, at, self.state.baud or baud))
            self._busy_until = at
        return sent

    def _steps(self, loader: Loader, frame: bytes) -> Iterator[bytes | float]:
        """Bytes and work pass on; what happens to the chip is done here, in its turn."""
        self._machine.baud = self.state.baud or self._machine.baud
        for step in loader.frame(frame):
            if isinstance(step, bytes | float):
                yield step
            else:
                yield from self._happens(step)

    def _happens(self, step: Step) -> Iterator[bytes]:
        if isinstance(step, ChangeBaud):
            self.state.baud = step.baud
            self._changed()
        elif isinstance(step, RunStub):
            self._run(Running.STUB, step.generation)
            yield GREETING
        elif isinstance(step, Boot):
            self._run(Running.ROM if step.loader else Running.FIRMWARE)
