"""What a UART hears when the other side talks at another speed."""

from __future__ import annotations

__all__ = ["BITS_PER_BYTE", "UART_BUFFER", "heard"]

BITS_PER_BYTE = 10  # 8N1: start bit, eight data bits, stop bit
UART_BUFFER = 128  # bytes the ESP8266 keeps for sending; a stub waits for room in it (ROM, ``uart_tx_one_char``)

# A receiver samples the stop bit 9.5 bits after the start edge; beyond about
# 5 % difference it falls into a neighbouring bit (UART, 8N1).
TOLERANCE = 0.04


def heard(data: bytes, sent_at: int, listening_at: int) -> bytes:
    """The bytes that a receiver at ``listening_at`` baud makes of ``data`` sent at ``sent_at``.

    Both are 8N1. Close speeds give the same bytes; others give what sampling
    the line's levels really yields, so the garbage is the right garbage.
    """
    if abs(sent_at - listening_at) <= TOLERANCE * sent_at:
        return data
    levels = _levels(data)
    per_sample = sent_at / listening_at  # sender's bits in one of the receiver's
    out = bytearray()
    at = 0.0
    while (edge := _next_start(levels, at)) is not None:
        # Where the stop bit is low the byte is passed on all the same: Linux does so on a raw
        # line (n_tty, without INPCK), and so does the chip.
        out.append(sum(_level(levels, edge + (1.5 + n) * per_sample) << n for n in range(8)))
        at = edge + 9.5 * per_sample
    return bytes(out)


def _levels(data: bytes) -> list[int]:
    """The line's level for each bit time: start bit, eight data bits from the lowest, stop bit."""
    levels = [1]  # the line is idle before the first start bit
    for byte in data:
        levels += [0, *((byte >> n) & 1 for n in range(8)), 1]
    return levels


def _level(levels: list[int], at: float) -> int:
    return levels[int(at)] if at < len(levels) else 1  # an idle line is high


def _next_start(levels: list[int], at: float) -> float | None:
    """When the line falls next at or after a time; None where it stays high."""
    n = int(at)
    while n < len(levels) and levels[n] == 0:  # still low: wait for it to rise first
        n += 1
    while n < len(levels) and levels[n] == 1:
        n += 1
    return float(n) if n < len(levels) else None
