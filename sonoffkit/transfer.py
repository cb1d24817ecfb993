"""Reads that survive: in pieces, each verified, each tried again where the line breaks bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .errors import TransferFailed
from .session import Cancel, Device, Progress, ask_to_stop

__all__ = ["PIECE", "Piece", "matches_device", "pieces_of", "read_pieces"]

PIECE = 0x10000  # bytes; costs nothing over one long read, and is what a retry repeats
ATTEMPTS = 5


@dataclass(frozen=True)
class Piece:
    """A stretch of flash, and the MD5 (hexadecimal) of its bytes where they are known."""

    address: int
    size: int
    md5: str = ""


def pieces_of(size: int) -> list[Piece]:
    """A flash of ``size`` bytes, cut into pieces."""
    return [Piece(start, min(PIECE, size - start)) for start in range(0, size, PIECE)]


def read_pieces(
    device: Device,
    pieces: Iterable[Piece],
    keep: Callable[[Piece, bytes], None],
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> int:
    """Read each piece and hand it to ``keep``; how many had to be read again.

    ``progress`` counts the bytes of these pieces. Raises TransferFailed when
    one piece breaks five times, and lets errors of the port through.
    """
    pieces = list(pieces)
    total = sum(piece.size for piece in pieces)
    done = retried = 0

    def step(read: int, _size: int) -> None:
        if progress is not None:
            progress(done + read, total)

    for piece in pieces:
        ask_to_stop(cancel)
        data, again = _read_piece(device, piece, step, cancel)
        keep(Piece(piece.address, piece.size, hashlib.md5(data).hexdigest()), data)
        done, retried = done + piece.size, retried + again
    return retried


def matches_device(device: Device, pieces: Iterable[Piece]) -> list[Piece]:
    """Those pieces whose bytes the device still holds, by its own MD5."""
    return [piece for piece in pieces if device.md5(piece.address, piece.size) == piece.md5]


def _read_piece(device: Device, piece: Piece, progress: Progress, cancel: Cancel | None) -> tuple[bytes, int]:
    for attempt in range(ATTEMPTS):
        try:
            return device.read(piece.address, piece.size, progress, cancel), attempt
        except TransferFailed as error:
            ask_to_stop(cancel)
            failed = error
    raise TransferFailed(
        f"The piece at {piece.address:#08x} broke on the way {ATTEMPTS} times in a row. ({failed})"
    ) from failed
