"""What it costs to find out and to transfer, at the speed and the latency in force."""

from __future__ import annotations

from dataclasses import dataclass

from ..session import Device
from .pieces import PIECE, SECTOR

__all__ = ["Costs"]

# An estimate for ESP8266s, by timed reads in public logs: 1.7 s for each MB, at most 2.4.
HASH_SECONDS_PER_BYTE = 1.7e-6
BITS_PER_BYTE = 10  # 8N1
STREAK_SECONDS = 3.0  # how long one read may take: its digest comes at its end, and till then nothing is sure
FINEST_GRID = 4 * SECTOR  # where latency does not matter, the number of questions still does: each may break
LONGEST_READ = 16 * PIECE


@dataclass(frozen=True)
class Costs:
    """Seconds for a byte on the wire, and for a question and its answer."""

    byte: float
    round_trip: float

    @classmethod
    def of(cls, device: Device) -> Costs:
        return cls(BITS_PER_BYTE / device.baud, device.round_trip)

    def of_hash(self, size: int) -> float:
        return self.round_trip + size * HASH_SECONDS_PER_BYTE

    def of_read(self, size: int) -> float:
        return size * (self.byte + HASH_SECONDS_PER_BYTE)

    @property
    def smallest_probe(self) -> int:
        """From how many bytes on it pays to ask for a digest, where chances are even that this saves the read."""
        size = SECTOR
        while size < PIECE and self.of_hash(size) > self.of_read(size) / 2:
            size *= 2
        return size

    @property
    def grid(self) -> int:
        """How finely a flash is compared: the smallest blocks that cost no more than large ones.

        A digest is computed while the last one's answer and the next question
        are on their way; below this size the device would wait for questions.
        """
        size = FINEST_GRID
        while size < PIECE and size * HASH_SECONDS_PER_BYTE < self.round_trip:
            size *= 2
        return size

    @property
    def longest_read(self) -> int:
        """Bytes for one read command."""
        pieces = int(STREAK_SECONDS / self.byte) // PIECE
        return min(max(pieces, 1) * PIECE, LONGEST_READ)
