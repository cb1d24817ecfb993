"""The wire and its adapter: when each byte arrives, and what is left of it."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .chip import Chip, Sent
from .faults import Noise, Wires
from .tampering import Tampering
from .uart import BITS_PER_BYTE, heard

__all__ = ["FTDI_LATENCY", "Line", "Unplugged"]

FTDI_LATENCY = 0.016  # seconds; an FT232's latency timer as it is shipped
NOISE_BYTES = {Noise.ZEROS: b"\x00", Noise.ONES: b"\xff"}
SYSTEM_BUFFER = 4095  # what a Linux terminal keeps that nobody reads (n_tty)


class Unplugged(Exception):
    """The adapter is gone."""


@dataclass
class _Burst:
    """Bytes on their way to the host: the first is there at ``first``, each next after ``period``."""

    data: bytes
    first: float
    period: float


class Line:
    """One open connection between a host and a chip.

    Not in real time, all is there at once. In real time each direction
    carries baud/10 bytes a second, the chip's work takes its time, and what
    goes to the host waits ``latency`` seconds in the adapter.
    """

    def __init__(
        self,
        chip: Chip,
        *,
        realtime: bool = False,
        latency: float = FTDI_LATENCY,
        clock: Callable[[], float] = time.monotonic,
        tampering: Tampering | None = None,
    ) -> None:
        self.chip = chip
        self.baud = 115200  # as the host set it
        self.delivered = 0  # bytes that the host has had
        self._pulls = chip.pulls
        self._tampering = tampering or Tampering(chip.faults)
        self._realtime, self._latency, self._clock = realtime, latency, clock
        self._to_host: deque[_Burst] = deque()
        self._to_chip_free = self._to_host_free = -math.inf
        self._noise_read: float | None = None  # up to when the noise has been read

    def write(self, data: bytes) -> None:
        """The host sends."""
        self.check_plug()
        self._arm_unplug()
        arrives = self._clock()
        for delay, piece in self._tampering.on(data, "to_chip", self._speed):
            if self.chip.faults.wires is Wires.LOOPED:
                self._come_back(piece, arrives + delay)
                continue
            arrives = self._carried_by(arrives + delay, len(piece))
            if self.chip.faults.wires not in (Wires.SWAPPED, Wires.TX_OPEN, Wires.OPEN):
                self.chip.hear(piece, self._speed, arrives)
        self.collect()

    def take(self, size: int) -> bytes:
        """Up to ``size`` bytes that have arrived at the host by now."""
        now = self._look()
        if self.chip.faults.noise:
            return self._take_noise(self.chip.faults.noise, min(size, self._noise_waiting(now)), now)
        out = bytearray()
        while self._to_host and len(out) < size:
            burst = self._to_host[0]
            n = min(_arrived(burst, now), size - len(out))
            if n <= 0:
                break
            out += burst.data[:n]
            if n == len(burst.data):
                self._to_host.popleft()
            else:
                burst.data = burst.data[n:]
                burst.first += n * burst.period
        return self._deliver(bytes(out))

    def waiting(self) -> int:
        """How many bytes have arrived at the host by now."""
        now = self._look()
        if self.chip.faults.noise:
            return self._noise_waiting(now)
        return sum(_arrived(burst, now) for burst in self._to_host)

    def next_arrival(self) -> float | None:
        """When to look again, on this line's clock; None where nothing is under way."""
        times = [self._to_host[0].first if self._to_host else None, self.chip.due(), self.chip.unplug_due]
        if self.chip.faults.noise:
            times.append(self._clock() + BITS_PER_BYTE / self.baud)
        return min((at for at in times if at is not None), default=None)

    def drop_arrived(self) -> None:
        """Forget what has arrived and was not read; what is still on the wire comes."""
        self.take(self.waiting())

    def drop_all(self) -> None:
        """Forget all that is under way: the chip lost its power."""
        self._to_host.clear()
        self._to_host_free = -math.inf

    def set_modem_lines(self, dtr: bool, rts: bool) -> None:
        """DTR and RTS as the host sets them."""
        self.chip.set_modem_lines(dtr, rts, self._clock())
        self.collect()

    def collect(self) -> None:
        """Put on the wire what the chip has sent."""
        said = self.chip.said()
        if self.chip.faults.wires in (Wires.SWAPPED, Wires.RX_OPEN, Wires.OPEN, Wires.LOOPED):
            return
        for signal in _signals(said):
            self._send_to_host(signal)

    def settle(self) -> None:
        """Let happen what was due by now, though nobody reads or writes."""
        self.chip.settle(self._clock())
        self.collect()

    def check_plug(self) -> None:
        """Raise Unplugged if the adapter is gone."""
        self.chip.unplug_if_due(self._clock())
        if self.chip.pulls != self._pulls or not self.chip.state.plugged_in:
            self.drop_all()
            raise Unplugged

    def plugged_in_again(self) -> None:
        """The system has found the adapter anew: what was on the line before is not."""
        self._pulls = self.chip.pulls
        self.chip.said()
        self.drop_all()

    def _look(self) -> float:
        """Let happen what is due, and put on the wire what comes of it; the time of that."""
        self.check_plug()
        self.settle()
        if not self.chip.faults.noise:
            self._noise_read = None
        return self._clock()

    @property
    def _speed(self) -> int:
        """The baud at which the adapter really runs."""
        return min(self.baud, self.chip.faults.top_speed or self.baud)

    def _carried_by(self, start: float, size: int) -> float:
        """When the last of ``size`` bytes to the chip is there."""
        if not self._realtime:
            self._to_host_free = max(self._to_host_free, start)  # what comes late is answered late
            return start
        self._to_chip_free = max(start, self._to_chip_free) + size * BITS_PER_BYTE / self._speed
        return self._to_chip_free

    def _send_to_host(self, sent: Sent) -> None:
        period = BITS_PER_BYTE / sent.baud if self._realtime else 0.0
        start = sent.at if self._realtime else self._clock()
        self._put(heard(sent.data, sent.baud, self._speed), start, period)

    def _come_back(self, data: bytes, start: float) -> None:
        """The adapter hears itself.

        Both ends have its real speed, whatever it was told: only the time
        tells how fast that is, so a loop takes its time always.
        """
        self._put(data, start, BITS_PER_BYTE / self._speed)

    def _put(self, data: bytes, start: float, period: float) -> None:
        """Let bytes come to the host one after the other."""
        latency = self._latency if self._realtime else 0.0
        start = max(start, self._to_host_free)
        for delay, piece in self._tampering.on(data, "to_host", self._speed):
            start += delay
            if piece:
                self._to_host.append(_Burst(piece, start + period + latency, period))
            start += len(piece) * period
        self._to_host_free = start

    def _deliver(self, data: bytes) -> bytes:
        faults = self.chip.faults
        if faults.flip_after is not None:
            data, faults.flip_after = _flipped(data, faults.flip_after)
        if faults.unplug_after is not None:
            data, faults.unplug_after = data[: faults.unplug_after], faults.unplug_after - len(data)
            if faults.unplug_after <= 0:
                faults.unplug_after = None
                self.chip.unplug(self._clock())
        self.delivered += len(data)
        return data

    def _arm_unplug(self) -> None:
        unplug_at = self.chip.faults.unplug_at
        if unplug_at is not None and self.chip.unplug_due is None:
            self.chip.unplug_due = self._clock() + unplug_at

    def _take_noise(self, noise: Noise, size: int, now: float) -> bytes:
        self._noise_read = (now if self._noise_read is None else self._noise_read) + size * BITS_PER_BYTE / self.baud
        return NOISE_BYTES[noise] * size

    def _noise_waiting(self, now: float) -> int:
        """How much came since it was last read, at the speed of the line; before it nothing else is heard."""
        self._to_host.clear()
        oldest = now - SYSTEM_BUFFER * BITS_PER_BYTE / self.baud
        self._noise_read = max(now if self._noise_read is None else self._noise_read, oldest)
        return int((now - self._noise_read) * self.baud / BITS_PER_BYTE)


def _signals(said: list[Sent]) -> list[Sent]:
    """What follows without a pause is one signal, which matters to a receiver at another speed."""
    signals: list[Sent] = []
    for sent in said:
        last = signals[-1] if signals else None
        if last and last.baud == sent.baud and sent.at <= last.at + len(last.data) * BITS_PER_BYTE / last.baud:
            signals[-1] = Sent(last.data + sent.data, last.at, last.baud)
        else:
            signals.append(sent)
    return signals


def _arrived(burst: _Burst, now: float) -> int:
    if burst.first > now:
        return 0
    if not burst.period:
        return len(burst.data)
    return min(len(burst.data), 1 + int((now - burst.first) / burst.period))


def _flipped(data: bytes, after: int) -> tuple[bytes, int | None]:
    """The bytes with one bit of the one after ``after`` turned, if it is among them; and how many remain till then."""
    if after >= len(data):
        return data, after - len(data)
    return data[:after] + bytes([data[after] ^ 0x10]) + data[after + 1 :], None
