"""The in-process door: a pyserial port behind ``practice://NAME``, as good as a cable."""

from __future__ import annotations

import contextlib
import errno
import os
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serial
from serial.serialutil import PortNotOpenError, SerialBase, SerialException, to_bytes

from .chip import EN_RISE_SECONDS
from .device import DeviceInUse, PracticeDevice, practice_device
from .line import FTDI_LATENCY, Line, Unplugged

__all__ = ["SCHEME", "PracticeSerial", "device_at", "register"]

SCHEME = "practice://"
HANDLERS = "sonoffkit.practice.urlhandlers"
GONE = (
    "device reports readiness to read but returned no data "
    "(device disconnected or multiple access on port?)"
)  # pyserial's own words for a pulled adapter


def register() -> None:
    """Make ``serial.serial_for_url("practice://…")`` work in this process."""
    if HANDLERS not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(HANDLERS)


class PracticeSerial(SerialBase):  # type: ignore[misc]
    """A serial port with a practice device at its other end.

    ``practice://NAME[?model=M&home=DIR&realtime=1&latency=SECONDS&en_rise=SECONDS&hurry=1]``.
    It has no file descriptor; the device is locked while it is open. In a
    hurry, and not in real time, a read ends as soon as nothing is under way to
    it: waiting for silence costs nothing then, and no other thread is waited for.
    """

    BAUDRATES = (74880, *SerialBase.BAUDRATES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._device: PracticeDevice | None = None
        self._line: Line | None = None
        self._cancelled = self._hurry = False
        self.is_open = False
        super().__init__(*args, **kwargs)

    def open(self) -> None:
        """Open the port; raises SerialException as a real one does: busy, or not there."""
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        device, options = _parse(self._port)
        self._hurry = options.pop("hurry") and not options["realtime"]
        if not device.state().plugged_in:
            raise _os_error(errno.ENOENT, f"could not open port {self._port}")
        try:
            self._line = device.attach(**options)
        except DeviceInUse:
            raise _os_error(errno.EAGAIN, f"Could not exclusively lock port {self._port}") from None
        self._device = device
        self.is_open = True
        self._reconfigure_port()
        self._update_dtr_state()
        self._update_rts_state()

    def close(self) -> None:
        """Close the port and let the device go; closing twice is no error."""
        if self.is_open:
            self.is_open = False
            device, self._device, self._line = self._device, None, None
            if device:
                device.detach()

    @property
    def device(self) -> PracticeDevice:
        """The practice device at the other end of the open port."""
        if self._device is None:
            raise PortNotOpenError
        return self._device

    @property
    def in_waiting(self) -> int:
        with self._connected() as line:
            return line.waiting()

    def read(self, size: int = 1) -> bytes:
        """Up to ``size`` bytes, waiting no longer than the timeout."""
        deadline = None if self._timeout is None else time.monotonic() + self._timeout
        out = b""
        self._cancelled = False
        with self._connected() as line:
            while self.is_open and not self._cancelled:
                out += line.take(size - len(out))
                now = time.monotonic()
                if len(out) >= size or (deadline is not None and now >= deadline):
                    break
                line.check_plug()
                arrival = line.next_arrival()
                if self._hurry and arrival is None:
                    break
                self.device.condition.wait(_pause(now, deadline, arrival))
        return out

    def write(self, data: Any) -> int:
        """Put bytes on the wire, all at once."""
        data = to_bytes(data)
        with self._connected() as line:
            line.write(data)
            self.device.condition.notify_all()
        return len(data)

    def flush(self) -> None:
        """Nothing is held back here."""

    def cancel_read(self) -> None:
        """End a read that another thread waits in."""
        with self._connected():
            self._cancelled = True
            self.device.condition.notify_all()

    def reset_input_buffer(self) -> None:
        """Forget what arrived and was not read."""
        with self._connected() as line:
            line.drop_arrived()

    def reset_output_buffer(self) -> None:
        """Nothing waits to be sent."""
        with self._connected():
            pass

    # The modem lines: DTR and RTS go out; nothing comes back.
    cts = dsr = ri = cd = property(lambda self: False)

    def _reconfigure_port(self) -> None:
        if self._line:
            self._line.baud = self._baudrate

    def _update_dtr_state(self) -> None:
        self._set_modem_lines()

    def _update_rts_state(self) -> None:
        self._set_modem_lines()

    def _update_break_state(self) -> None:
        """A break means nothing to these chips."""

    def _set_modem_lines(self) -> None:
        with self._connected() as line:
            line.set_modem_lines(bool(self._dtr_state), bool(self._rts_state))
            self.device.condition.notify_all()  # a chip that is let go will speak: a reader must look again

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Line]:
        if self._line is None:
            raise PortNotOpenError
        with self.device.condition:
            try:
                self._line.check_plug()  # plugged in again or not, its line is dead: only opening it anew helps
                yield self._line
            except Unplugged:
                raise SerialException(GONE) from None


def device_at(url: str) -> PracticeDevice:
    """The device behind a ``practice://`` URL; raises SerialException where there can be none."""
    return _parse(url)[0]


def _parse(url: str) -> tuple[PracticeDevice, dict[str, Any]]:
    parts = urllib.parse.urlsplit(url)
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    try:
        home, model = query.pop("home", None), query.pop("model", None)
        options: dict[str, Any] = {
            "realtime": _yes(query, "realtime"),
            "latency": float(query.pop("latency", FTDI_LATENCY)),
            "en_rise": float(query.pop("en_rise", EN_RISE_SECONDS)),
            "hurry": _yes(query, "hurry"),
        }
        if query:
            raise ValueError(f"unknown option {next(iter(query))!r}")
        device = practice_device(parts.netloc, Path(home) if home else None, model)
    except ValueError as exc:
        raise SerialException(f"could not open port {url}: {exc}") from exc
    return device, options


def _yes(query: dict[str, str], name: str) -> bool:
    word = query.pop(name, "0")
    if word not in ("0", "1", "false", "true", "no", "yes"):
        raise ValueError(f"{name} is 0 or 1, not {word!r}")
    return word in ("1", "true", "yes")


def _pause(now: float, deadline: float | None, arrival: float | None) -> float | None:
    times = [t - now for t in (deadline, arrival) if t is not None]
    return max(0.0, min(times)) if times else None


def _os_error(number: int, what: str) -> SerialException:
    """Worded and numbered as pyserial's own, so that nobody downstream can tell."""
    return SerialException(number, f"{what}: [Errno {number}] {os.strerror(number)}")
