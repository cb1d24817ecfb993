"""The chip as a whole: power, reset, the pins that decide what starts, and the UART."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

from .boot import BOOT_LOG_BAUD, ResetCause, banner, boot_from_flash
from .faults import Faults, Restarts
from .flash import NorFlash
from .jedec import FlashChip, PowerSag
from .legacy_stub import LegacyStub
from .loader import Boot, ChangeBaud, Loader, Op, RunProgram, RunStub, Step
from .machine import APB_HZ, Machine, efuse_words
from .models import Model
from .rom import RomLoader
from .stub import Stub
from .stub_base import GREETING
from .uart import BITS_PER_BYTE, UART_BUFFER, heard

__all__ = ["EN_RISE_SECONDS", "Chip", "ChipState", "Running", "Sent"]

# How long EN takes to rise through its capacitor on boards with automatic
# reset; the pins are sampled then (esptool issue 383).
EN_RISE_SECONDS = 0.005
# After a start that fails: its last words, the seconds until it starts again, and the cause that the ROM tells then.
# (A software restart repeats the last cause; a hardware watchdog takes some seconds, which here are few.)
FAILING: dict[Restarts, tuple[bytes, float, ResetCause | None]] = {
    Restarts.POWER: (b"", 0.2, ResetCause.POWER),
    Restarts.WATCHDOG: (b"", 0.8, ResetCause.WATCHDOG),
    Restarts.EXCEPTION: (b"Fatal exception (28):\r\nepc1=0x40240a1c, epc2=0x00000000\r\n", 0.2, None),
}
LATE = 1.0  # seconds; what nobody saw happening for longer is not made up for


class Running(StrEnum):
    """What the chip runs."""

    NOTHING = "nothing"  # no power, or held in reset
    ROM = "rom"  # the ROM loader: download mode
    STUB = "stub"  # a flasher stub, from RAM
    FIRMWARE = "firmware"  # whatever lies in flash
    PROGRAM = "program"  # something else that was loaded into RAM


@dataclass
class ChipState:
    """What outlives an open port: pins, power, what runs, and at which speed (None: the ROM finds it out)."""

    running: Running = Running.ROM
    baud: int | None = None
    stub_generation: int = 2
    button_held: bool = False
    powered: bool = True
    plugged_in: bool = True
    reset_cause: int = ResetCause.POWER
    flash_status: int = 0  # of the flash's status registers, what outlives the power

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

    ``hear`` takes what the wire brings; ``said`` gives what the chip sends,
    each with its time, so the same object serves a line in real time and one
    at full speed. ``changed`` is called after each change that outlives the port.
    """

    def __init__(
        self,
        model: Model,
        mac: bytes,
        cells: NorFlash,
        state: ChipState,
        faults: Faults,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.model, self.state, self.faults = model, state, faults
        self.en_rise = EN_RISE_SECONDS
        self.flash = FlashChip(cells, model.flash_id, faults, state.flash_status, self._keep_flash_status)
        self._efuses, self._changed = efuse_words(mac, model.chip), changed
        self._busy_until = self._uart_free = -math.inf
        self._en_low = self._io0_low = False
        self._starts_at: float | None = None
        self._starts_by = ResetCause.EXTERNAL
        self.unplug_due: float | None = None  # when a fault will have the adapter pulled
        self.pulls = 0  # how often it was pulled: a line that was open then is dead for good
        self._sent: list[Sent] = []
        self._machine = self._new_machine()
        self._loader = self._new_loader()

    # Pins and power

    def press_button(self, held: bool) -> None:
        """Hold GPIO0 low, or let it go."""
        self.state.button_held = held
        self._changed()

    def power(self, on: bool, at: float) -> None:
        """Give or take the 3.3 V; the pins are sampled when it comes."""
        supplied = self.state.plugged_in and not self.faults.power_open  # the 3.3 V come from the adapter
        if on and not self.state.powered and supplied:
            self.state.powered = True
            if not self._en_low:
                self._reset(ResetCause.POWER, at)
        elif not on:
            self.state.powered = False
            self._starts_at = None
            self._sent.clear()
            self.flash.power_up()  # its latches are empty when the power is back
            self._run(Running.NOTHING)

    def unplug(self, at: float) -> None:
        """The adapter is pulled, and the 3.3 V with it."""
        self.faults.unplug_at = self.unplug_due = None
        self.state.plugged_in = False
        self.pulls += 1
        self.power(False, at)

    def unplug_if_due(self, at: float) -> None:
        """Pull it where a fault wants it by now; one that was taken back wants nothing."""
        if self.faults.unplug_at is None:
            self.unplug_due = None
        elif self.unplug_due is not None and at >= self.unplug_due:
            self.unplug(at)

    def set_modem_lines(self, dtr: bool, rts: bool, at: float) -> None:
        """DTR and RTS of the adapter, through the two transistors that reset a development board."""
        if not self.model.auto_reset:
            return
        self.settle(at)
        was_low, self._en_low, self._io0_low = self._en_low, rts and not dtr, dtr and not rts
        if not self.state.powered:
            return
        if self._en_low:
            self._starts_at = None
            if self.state.running is not Running.NOTHING:
                self._run(Running.NOTHING)
        elif was_low:
            self._starts_at, self._starts_by = at + self.en_rise, ResetCause.EXTERNAL

    def let_go(self, at: float) -> None:
        """The port is closed: its lines fall back, and a pending start happens."""
        self.set_modem_lines(False, False, at)
        if self._starts_by is ResetCause.EXTERNAL:
            self.settle(math.inf)
        self._sent.clear()

    def settle(self, at: float) -> None:
        """Let happen what was due by then."""
        if self._starts_at is not None and at >= self._starts_at:
            was_due, self._starts_at = self._starts_at, None
            by_itself = self._starts_by is not ResetCause.EXTERNAL
            self._reset(self._starts_by, at if by_itself and at > was_due + LATE else was_due)

    def due(self) -> float | None:
        """When something will happen by itself; None where nothing will."""
        return self._starts_at

    def _reset(self, cause: ResetCause, at: float) -> None:
        """Start from the beginning: the pins say what."""
        self.state.reset_cause = cause
        download = self.state.button_held or self._io0_low
        self._run(Running.ROM if download else Running.FIRMWARE)
        self._busy_until = at
        self._say(banner(self.state.reset_cause, download=download), BOOT_LOG_BAUD)
        if not download:
            self._boot(BOOT_LOG_BAUD)

    def _boot(self, baud: int) -> None:
        for words, own_baud in boot_from_flash(self.flash.cells):
            self._say(words, own_baud or baud)
        if self.faults.restarts:
            last_words, seconds, cause = FAILING[self.faults.restarts]
            self._say(last_words, baud)
            self._starts_at, self._starts_by = self._busy_until + seconds, cause or ResetCause(self.state.reset_cause)

    # What runs

    def _run(self, what: Running, generation: int = 2) -> None:
        self.state.running, self.state.stub_generation = what, generation
        if what is Running.NOTHING:
            self._busy_until = self._uart_free = -math.inf  # work under way ends with the power
        if what is not Running.STUB:
            self._machine = self._new_machine()
        if what is Running.ROM:
            self.state.baud = None
        elif what is not Running.STUB and what is not Running.PROGRAM:
            self.state.baud = BOOT_LOG_BAUD
        self._loader = self._new_loader()
        self._changed()

    def _new_machine(self) -> Machine:
        machine = Machine(self._efuses, self.flash, self.faults)
        machine.uart_divider = _divider(self.state.baud)
        return machine

    def _new_loader(self) -> Loader | None:
        if self.state.running is Running.ROM:
            return RomLoader(self._machine)
        if self.state.running is Running.STUB:
            generation = self.state.stub_generation
            return Stub(self._machine) if generation == 2 else LegacyStub(self._machine, generation)
        return None

    def _keep_flash_status(self, status: int) -> None:
        self.state.flash_status = status
        self._changed()

    # The wire

    def hear(self, data: bytes, baud: int, at: float) -> None:
        """Bytes that arrived by ``at``, sent at ``baud``."""
        self.settle(at)
        if self._loader is None or self._busy_until == math.inf:
            return
        loader = self._loader
        for frame in loader.decoder.feed(heard(data, baud, self.state.baud or baud)):
            if loader is not self._loader or self._busy_until == math.inf:
                return  # whatever runs now did not hear it, or nothing listens any more
            if self.state.baud is None and frame[1:2] == bytes([Op.SYNC]):
                self.state.baud = baud  # the ROM measures the speed of the first words it hears
                self._machine.uart_divider = -(-APB_HZ // baud)
            self._busy_until = max(at, self._busy_until)
            self._work(loader, frame, baud)

    def said(self) -> list[Sent]:
        """What the chip has sent since last asked."""
        sent, self._sent = self._sent, []
        return sent

    def _work(self, loader: Loader, frame: bytes, baud: int) -> None:
        try:
            for step in loader.frame(frame):
                if isinstance(step, bytes):
                    self._say(step, self.state.baud or baud)
                elif isinstance(step, float):
                    self._busy_until += step
                    if step == math.inf:
                        return  # it waits for something that never comes
                else:
                    self._happens(step, baud)
        except PowerSag:
            self.flash.power_up()
            self._reset(ResetCause.POWER, self._busy_until)

    def _say(self, data: bytes, baud: int) -> None:
        """Put bytes into the UART's buffer: whoever has more than it holds waits, and does nothing else meanwhile."""
        if data:
            self._sent.append(Sent(data, self._busy_until, baud))
            second = baud / BITS_PER_BYTE  # so many bytes
            self._uart_free = max(self._busy_until, self._uart_free) + len(data) / second
            self._busy_until = max(self._busy_until, self._uart_free - UART_BUFFER / second)

    def _happens(self, step: Step, baud: int) -> None:
        if isinstance(step, ChangeBaud):
            self.state.baud = step.baud
            self._machine.uart_divider = _divider(step.baud)
            self._changed()
        elif isinstance(step, RunStub):
            self._run(Running.STUB, step.generation)
            self._say(GREETING, self.state.baud or baud)
        elif isinstance(step, RunProgram):
            self._run(Running.PROGRAM)
        elif isinstance(step, Boot):
            self._leave(step, self.state.baud or baud)

    def _leave(self, step: Boot, baud: int) -> None:
        """A loader ends: by a restart, or by going on where the ROM had branched off, at the speed in force."""
        self._run(Running.ROM if step.loader else Running.FIRMWARE)
        if step.reset:
            self._say(banner(self.state.reset_cause, download=step.loader), BOOT_LOG_BAUD)
        else:
            self._boot(baud)


def _divider(baud: int | None) -> int:
    """What the stub sets its UART's clock divider to (rounded; esptool 4, flasher_stub/stub_flasher.c)."""
    return round(APB_HZ / baud) if baud else 0
