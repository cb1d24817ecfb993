"""The wire and its adapter: when each byte arrives."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .chip import Chip, Sent
from .uart import heard

__all__ = ["FTDI_LATENCY", "Line", "Unplugged"]

FTDI_LATENCY = 0.016  # seconds; an FT232's latency timer as it is shipped
BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit


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
    ) -> None:
        self.chip = chip
        self.baud = 115200
        self.delivered = 0
        self._realtime, self._latency, self._clock = realtime, latency, clock
        self._to_host: deque[_Burst] = deque()
        self._to_chip_free = self._to_host_free = -math.inf

    def write(self, data: bytes) -> None:
        """The host sends."""
        self.check_plug()
        arrives = self._clock()
        if self._realtime:
            start = max(arrives, self._to_chip_free)
            arrives = self._to_chip_free = start + len(data) * BITS_PER_BYTE / self.baud
        for sent in self.chip.hear(data, self.baud, arrives):
            self._send_to_host(sent)

    def take(self, size: int) -> bytes:
        """Up to ``size`` bytes that have arrived at the host by now."""
        self.check_plug()
        out = bytearray()
        now = self._clock()
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
        self.check_plug()
        now = self._clock()
        return sum(_arrived(burst, now) for burst in self._to_host)

    def next_arrival(self) -> float | None:
        """When the next byte will have arrived, on this line's clock; None where none is under way."""
        return self._to_host[0].first if self._to_host else None

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

    def _send_to_host(self, sent: Sent) -> None:
        period = BITS_PER_BYTE / sent.baud if self._realtime else 0.0
        start = max(sent.at, self._to_host_free) if self._realtime else self._clock()
        self._to_host_free = start + len(sent.data) * period
        data = heard(sent.data, sent.baud, self.baud)
        if data:
            latency = self._latency if self._realtime else 0.0
            self._to_host.append(_Burst(data, start + period + latency, period))

    def _deliver(self, data: bytes) -> bytes:
        before, self.delivered = self.delivered, self.delivered + len(data)
        faults = self.chip.faults
        if faults.unplug_after is not None:
            keep, faults.unplug_after = data[: faults.unplug_after], faults.unplug_after - len(data)
            if faults.unplug_after <= 0:
                faults.unplug_after = None
                self.chip.state.plugged_in = False
                self.chip.power(False)
                self.drop_all()
            data = keep
        return _flip(data, before, faults.flip_every) if faults.flip_every else data

    def check_plug(self) -> None:
        if not self.chip.state.plugged_in:
            raise Unplugged


def _arrived(burst: _Burst, now: float) -> int:
    if burst.first > now:
        return 0
    if not burst.period:
        return len(burst.data)
    return min(len(burst.data), 1 + int((now - burst.first) / burst.period))


def _flip(data: bytes, before: int, every: int) -> bytes:
    """One bit turned in one byte of ``every``, counted from the first byte of the connection."""
    out = bytearray(data)
    for n in range((-before - 1) % every, len(out), every):
        out[n] ^= 0x10
    return bytes(out)
