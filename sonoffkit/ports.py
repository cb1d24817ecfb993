"""Serial ports: which there are, what each adapter is, which one is mine, and opening one."""

from __future__ import annotations

import errno
import importlib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import TYPE_CHECKING

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from .errors import (
    NoPortChosen,
    NoPortFound,
    PortBusy,
    PortDenied,
    PortError,
    PortLost,
    PortMissing,
    SeveralPortsFound,
)
from .paths import read_settings, remember

if TYPE_CHECKING:
    from .practice import PracticeDevice

__all__ = [
    "Adapter",
    "FindMine",
    "Kind",
    "Port",
    "adapter_at",
    "choose",
    "chosen_port",
    "find_ports",
    "is_of_a_lesson",
    "is_practice",
    "open_port",
    "port_error",
    "practice_at",
    "save_choice",
]  # fmt: skip

try:
    import termios
except ImportError:  # Windows has none
    SYSTEM_ERRORS: tuple[type[Exception], ...] = (OSError,)
else:
    # pyserial lets it through when an adapter is pulled just as its buffers are emptied; it is no OSError.
    SYSTEM_ERRORS = (OSError, termios.error)

OPENING_ERRORS: tuple[type[Exception], ...] = (
    *SYSTEM_ERRORS,
    ValueError,
)  # ValueError: a URL that pyserial does not know

PRACTICE_SCHEME = "practice://"
PRACTICE_PLUG = "Its USB plug is out: plug it in. Then run this again. Nothing has been touched."
# As ``practice.register`` does, but without fetching that room: pyserial does so for the first such URL.
PRACTICE_HANDLERS = "sonoffkit.practice.urlhandlers"
if PRACTICE_HANDLERS not in serial.protocol_handler_packages:
    serial.protocol_handler_packages.append(PRACTICE_HANDLERS)

# USB vendor and product ids of the adapters that people solder to Sonoffs,
# from the manufacturers' drivers (Linux: drivers/usb/serial).
ADAPTERS = {
    (0x0403, 0x6001): "FT232",
    (0x0403, 0x6015): "FT231X",
    (0x0403, 0x6010): "FT2232",
    (0x0403, 0x6014): "FT232H",
    (0x10C4, 0xEA60): "CP2102",
    (0x10C4, 0xEA70): "CP2105",
    (0x1A86, 0x7523): "CH340",
    (0x1A86, 0x5523): "CH341",
    (0x1A86, 0x55D4): "CH9102",
    (0x1A86, 0x55D3): "CH343",
    (0x067B, 0x2303): "PL2303",
    (0x067B, 0x23A3): "PL2303GS",
}
# Baud that the makers' data sheets promise, where they promise more than SAFE_TOP. (A CP2102 ends at 1 Mbaud.)
TOP_SPEEDS = {
    "FT232": 3_000_000, "FT231X": 3_000_000, "FT2232": 12_000_000, "FT232H": 12_000_000,
    "CH340": 2_000_000, "CH341": 2_000_000, "CH9102": 4_000_000, "CH343": 6_000_000,
}  # fmt: skip
SAFE_TOP = 921_600
VENDORS = {
    0x0403: "FTDI adapter",
    0x10C4: "Silicon Labs adapter",
    0x1A86: "WCH adapter",
    0x067B: "Prolific adapter",
}
ESPRESSIF = 0x303A
IN_USE = (5, 32)  # Windows of a port that another program has: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION


@dataclass(frozen=True)
class Adapter:
    """What stands between computer and device: a name that stays the same when it is plugged in again, and its limit.

    ``top_speed`` is in baud.
    """

    key: str
    top_speed: int


class Kind(Enum):
    """What a port is good for."""

    ADAPTER = "adapter"  # a USB serial adapter: a Sonoff may hang on it
    PRACTICE = "practice"  # a practice Sonoff
    OTHER = "other"  # Bluetooth, a modem, a port on the main board


@dataclass(frozen=True)
class Port:
    """One serial port: its name for opening it, and what it is in words."""

    device: str
    what: str
    kind: Kind

    @property
    def is_practice(self) -> bool:
        return self.kind is Kind.PRACTICE

    def __str__(self) -> str:
        return f"{self.device}: {self.what}"


def is_practice(device: str) -> bool:
    """Whether a port's name is that of a practice Sonoff."""
    return device.lower().startswith(PRACTICE_SCHEME)


def is_of_a_lesson(device: str) -> bool:
    """Whether a port's name is that of a lesson's own practice Sonoff, which fails on purpose."""
    return device.startswith(f"{PRACTICE_SCHEME}{_practice().LESSON}") if is_practice(device) else False


def practice_at(device: str) -> PracticeDevice:
    """The practice Sonoff behind a port's name; raises PortMissing where there can be none."""
    try:
        device_there: PracticeDevice = _practice().device_at(device)
        return device_there
    except OSError as exc:
        raise port_error(exc, device, opening=True) from exc


def find_ports() -> list[Port]:
    """All ports: adapters first, then the practice Sonoffs, then the rest."""
    real = [_describe(info) for info in list_ports.comports()]
    adapters = [port for port in real if port.kind is Kind.ADAPTER]
    others = [port for port in real if port.kind is Kind.OTHER]
    return [*adapters, *_practice_ports(), *others]


def choose(ports: Iterable[Port] | None = None) -> Port:
    """The one adapter there is; raises NoPortFound for none and SeveralPortsFound for many."""
    found = [port for port in (find_ports() if ports is None else ports) if port.kind is Kind.ADAPTER]
    if not found:
        raise NoPortFound("No USB serial adapter is plugged in.")
    if len(found) > 1:
        names = ", ".join(port.device for port in found)
        raise SeveralPortsFound(f"There are {len(found)} adapters: {names}.")
    return found[0]


def chosen_port() -> str:
    """The port that notebook 1 saved; raises NoPortChosen."""
    port = read_settings().get("port")
    if not isinstance(port, str) or not port:
        raise NoPortChosen("No port has been chosen yet.")
    return port


def save_choice(device: str) -> None:
    """Remember a port for the other notebooks."""
    remember(port=device)


class FindMine:
    """Which adapter is mine: unplug it and plug it in, and the port that did the same is the one.

    Feed it what ``find_ports()`` gives, again and again, until ``found``.
    """

    def __init__(self, ports: Iterable[Port]) -> None:
        self._known = _devices(ports)
        self._gone: set[str] = set()
        self.found: Port | None = None

    @property
    def says(self) -> str:
        """What the person should do now."""
        if self.found:
            return f"Found: {self.found}"
        if self._gone:
            return "Now plug it in again."
        return "Unplug the adapter, or plug it in if it is out."

    def look(self, ports: Iterable[Port]) -> Port | None:
        """Compare with the last look; the port that came (back), if one did."""
        ports = list(ports)
        now = _devices(ports)
        came = now - self._known
        self._gone |= self._known - now
        self._known = now
        # A replugged adapter may get another name, so whatever came is the one.
        if came and self.found is None:
            self.found = next(port for port in ports if port.device in came)
        return self.found


def adapter_at(device: str) -> Adapter:
    """The adapter behind a port's name; where the system tells nothing of it, the name itself."""
    for info in [] if is_practice(device) else list_ports.comports():
        if str(info.device) == device and info.vid is not None:
            top = TOP_SPEEDS.get(ADAPTERS.get((info.vid, info.pid), ""), SAFE_TOP)
            which = info.serial_number or info.location or device
            return Adapter(f"{info.vid:04x}:{info.pid:04x} {which}", top)
    return Adapter(device, SAFE_TOP)


def open_port(device: str, baud: int = 115200) -> serial.SerialBase:
    """Open a port for one program alone; raises PortMissing, PortBusy or PortDenied."""
    try:
        port = serial.serial_for_url(device, baudrate=baud, timeout=3, exclusive=True, do_not_open=True)
        if sys.platform == "win32":  # or opening it would reset a device that is wired for that
            port.rts = port.dtr = False
        port.open()
    except OPENING_ERRORS as exc:
        raise port_error(exc, device, opening=True) from exc
    return port


def port_error(exc: BaseException, device: str, *, opening: bool = False) -> PortError:
    """The error of ours for one of pyserial's or the system's."""
    text = str(exc)
    if not opening:
        return PortLost(f"The port {device} vanished while it was in use. ({_first_line(text)})")
    number = getattr(exc, "errno", None) or _number_in(text)
    if number in (errno.EAGAIN, errno.EBUSY, errno.EWOULDBLOCK) or "exclusively lock" in text:
        return PortBusy(f"Another program has the port {device} open.")
    if "PermissionError" in text and _windows_number(text) in (None, *IN_USE):
        return PortBusy(f"Another program has the port {device} open.")
    if number == errno.EACCES and "PermissionError" not in text:
        return PortDenied(f"You may not use the port {device}.")
    if number == errno.ENOENT:
        return PortMissing(f"There is no port {device}.", PRACTICE_PLUG if is_practice(device) else "")
    return PortMissing(f"The port {device} could not be opened. ({_first_line(text)})")


def _describe(info: ListPortInfo) -> Port:
    device = str(info.device)
    text = str(info.description or "")
    if info.vid is None:
        noise = re.search(r"bluetooth|bthenum", f"{device} {text} {info.hwid}", re.IGNORECASE)
        words = "Bluetooth, not an adapter" if noise else "serial port, not USB" if text in ("", "n/a") else text
        return Port(device, words, Kind.OTHER)
    if info.vid == ESPRESSIF:
        return Port(device, "an Espressif chip's own USB (no Sonoff with an ESP8266 has one)", Kind.OTHER)
    name = ADAPTERS.get((info.vid, info.pid)) or VENDORS.get(info.vid) or info.product or "USB serial port"
    return Port(device, f"USB adapter {name}" if name.isalnum() else name, Kind.ADAPTER)


def _practice() -> ModuleType:
    """The practice room, fetched when it is needed: a real port need not wait for it."""
    return importlib.import_module(".practice", __package__)


def _practice_ports() -> list[Port]:
    return [
        Port(PRACTICE_SCHEME + name, f"practice {_practice_title(name)} (no hardware needed)", Kind.PRACTICE)
        for name in _practice().known_devices()
        if _is_plugged_in(name)
    ]


def _practice_title(name: str) -> str:
    # A device that nobody used yet has no folder, and listing ports must not make one.
    practice = _practice()
    model = practice.MODELS[name] if name in practice.MODELS else practice.practice_device(name).model
    return f"{model.title}, {model.size_text}"


def _is_plugged_in(name: str) -> bool:
    practice = _practice()
    made = (practice.practice_folder() / name / "device.json").exists()
    return not made or practice.practice_device(name).state().plugged_in


def _devices(ports: Iterable[Port]) -> set[str]:
    return {port.device for port in ports}


def _number_in(text: str) -> int | None:
    found = re.search(r"\[Errno (\d+)\]|PermissionError\((\d+)|FileNotFoundError\((\d+)", text)
    return next((int(n) for n in found.groups() if n), None) if found else None


def _windows_number(text: str) -> int | None:
    """Windows' own number of an error, which tells more than the one that Python makes of it."""
    found = re.search(r"None, (\d+)\)", text)
    return int(found[1]) if found else None


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0]
