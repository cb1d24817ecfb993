"""What the rows do not show: where the time goes on the wire, and how much memory a backup takes."""

from __future__ import annotations

import statistics
from typing import Any

from served_device import LATENCY, MB, served
from timed_programs import Kit, note

from sonoffkit.practice.flash import SECTOR, read_seconds

__all__ = ["memory", "wire"]

_BITS_PER_BYTE = 10  # 8N1
_BAUDS = (115200, 460800, 921600)


def wire(runs: int) -> dict[str, Any]:
    """Where the time goes while the bytes of a dense flash come, in seconds.

    From the first sign of progress to the last byte. The latency's share is
    what the same takes less over an adapter without any.
    """
    return {str(baud): _wire_at(baud, runs) for baud in _BAUDS}


def memory(runs: int) -> dict[str, int]:
    """The backup's peak memory in bytes, by the size of the flash; at full speed."""
    return {"1 MB": _peak("basic", runs), "16 MB": _peak("big", runs)}


def _wire_at(baud: int, runs: int) -> dict[str, float]:
    seconds, size, escapes = statistics.median_low(_flow(baud, LATENCY) for _ in range(runs))
    without = statistics.median_low(_flow(baud, 0.0) for _ in range(runs))[0]
    note(f"wire at {baud}: {seconds:.2f} s, {without:.2f} s without latency")
    return {
        "all": seconds,
        "payload": size * _BITS_PER_BYTE / baud,
        "escapes": escapes * _BITS_PER_BYTE / baud,
        "latency": seconds - without,
        "chip": read_seconds(size),
    }


def _flow(baud: int, latency: float) -> tuple[float, int, int]:
    """Of a backup, from the first sign of progress to the last: the seconds, its bytes, and those that SLIP adds."""
    with served("dense", latency=latency) as device:
        device.into_download_mode()
        kit = Kit(device, baud)
        kit.back_up()
        (start, began), (end, ended) = kit.told["first"], kit.told["last"]
        data = device.image.read_bytes()[start:end]
        marks = 2 * (len(data) // SECTOR)  # the stub sends a sector in one frame
        return ended - began, len(data), data.count(b"\xc0") + data.count(b"\xdb") + marks


def _peak(model: str, runs: int) -> int:
    peaks = []
    with served("dense", model=model, realtime=False) as device:
        for _ in range(runs):
            device.into_download_mode()
            kit = Kit(device)
            seconds = kit.back_up()
            note(f"memory, {model}: {kit.told['memory'] / MB:.1f} MB in {seconds:.1f} s")
            peaks.append(kit.told["memory"])
    return int(statistics.median(peaks))
