"""Machines to be looked at: a Linux in a folder, a Mac and a Windows by what their programs say."""

from __future__ import annotations

import plistlib
from dataclasses import dataclass, field
from pathlib import Path

from sonoffkit.checks import Kind, System, User, run_checks
from sonoffkit.errors import PortBusy, PortDenied, PortMissing
from sonoffkit.ports import ADAPTERS, Port
from sonoffkit.ports import Kind as PortKind

FLOORS = (
    "esptool>=5.4",
    "pyserial>=3.5",
    "jupyterlab>=4.4",
    "ipykernel>=7.4",
    "ipywidgets>=8.1",
    'ruff>=0.9; extra == "test"',
)
VERSIONS = {"esptool": "5.6.0", "pyserial": "3.5", "jupyterlab": "4.6.6", "ipykernel": "7.4.0", "ipywidgets": "8.1.9"}
DIALOUT, PLUGDEV = 20, 46
GROUPS = {0: "root", DIALOUT: "dialout", 986: "uucp"}
CH340, CP2102, CH343 = (0x1A86, 0x7523), (0x10C4, 0xEA60), (0x1A86, 0x55D3)
PUTTY = 4711


@dataclass
class Machine:
    """What all have: packages, a disk, and a port that somebody may hold."""

    kind: Kind
    root: Path
    user: User = field(
        default_factory=lambda: User("anna", 1000, frozenset({1000, DIALOUT}), frozenset({1000, DIALOUT}))
    )
    ports: list[Port] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=lambda: dict(VERSIONS))
    programs: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    python: tuple[int, int, int] = (3, 12, 1)
    executable: str = "/opt/kit/bin/python"
    has_pip: bool = True
    free: int = 500 * 0x100000
    group: int = DIALOUT
    mode: int = 0o660
    held: bool = False
    practice_fails: str = ""
    pid: int = 1

    def system(self) -> System:
        return System(
            self.kind,
            self.user,
            root=self.root,
            environment=self.environment,
            pid=self.pid,
            python=self.python,
            executable=self.executable,
            has_pip=self.has_pip,
            requirements=lambda: FLOORS,
            wanted_python=lambda: ">=3.11",
            version_of=self.versions.get,
            free_bytes=lambda folder: self.free,
            find_ports=lambda: list(self.ports),
            try_port=self.try_port,
            may_use=lambda node: self.may_use(),
            group_and_mode=lambda node: (self.group, self.mode),
            group_name=lambda gid: GROUPS.get(gid, ""),
            run=lambda words: self.programs.get(words[0]),
            ask_practice_sonoff=self.ask_practice_sonoff,
        )

    def checks(self, *ports: str):
        return list(run_checks(ports, self.system()))

    def may_use(self) -> bool:
        by_group = self.group in self.user.groups and self.mode & 0o060 == 0o060
        return self.user.uid == 0 or by_group or self.mode & 0o006 == 0o006

    def try_port(self, device: str) -> None:
        if device not in [port.device for port in self.ports]:
            raise PortMissing("gone")
        if not self.may_use():
            raise PortDenied("denied")
        if self.held:
            raise PortBusy("busy")

    def ask_practice_sonoff(self) -> str:
        if self.practice_fails:
            raise OSError(self.practice_fails)
        return "ESP8266EX 1 MB"

    def add_port(self, device: str, ids: tuple[int, int]) -> None:
        self.ports.append(Port(device, f"USB adapter {ADAPTERS[ids]}", PortKind.ADAPTER))


class Linux(Machine):
    """A Linux whose /dev, /proc, /sys and /etc lie in a folder."""

    def __init__(self, root: Path, distribution: str = 'ID=ubuntu\nID_LIKE="debian"\n') -> None:
        super().__init__(Kind.LINUX, root)
        self.write("/etc/os-release", distribution)
        self.write("/proc/version", "Linux version 6.8.0-45-generic")
        self.write("/proc/sys/kernel/osrelease", "6.8.0-45-generic\n")
        self.write(
            "/lib/modules/6.8.0-45-generic/modules.dep", "kernel/drivers/usb/serial/ch341.ko.zst: usbserial.ko\n"
        )
        for folder in ("/dev", "/sys/bus/usb/devices", "/run/systemd/system"):
            (root / folder[1:]).mkdir(parents=True)
        self.start(1, "systemd", "/sbin/init")

    def write(self, path: str, text: str) -> Path:
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def plug(self, ids: tuple[int, int] = CH340, tty: str | None = "ttyUSB0", *, in_dev: bool = True) -> None:
        """An adapter on USB; without a tty no driver made a port of it."""
        device = f"/sys/bus/usb/devices/1-{len(list((self.root / 'sys/bus/usb/devices').iterdir())) + 1}"
        self.write(f"{device}/idVendor", f"{ids[0]:04x}\n")
        self.write(f"{device}/idProduct", f"{ids[1]:04x}\n")
        interface = self.root / f"{device[1:]}/{Path(device).name}:1.0"
        interface.mkdir()
        if tty:
            (interface / ("tty/" + tty if "ACM" in tty else tty)).mkdir(parents=True)
        if tty and in_dev:
            self.write(f"/dev/{tty}", "")
            self.add_port(f"/dev/{tty}", ids)

    def start(self, pid: int, name: str, *words: str, has_open: str = "") -> None:
        self.write(f"/proc/{pid}/comm", name + "\n")
        self.write(f"/proc/{pid}/cmdline", "\0".join(words) + "\0")
        (self.root / f"proc/{pid}/fd").mkdir()
        if has_open:
            (self.root / f"proc/{pid}/fd/7").symlink_to(has_open)


class Mac(Machine):
    """A Mac by what ioreg and lsof say."""

    def __init__(self, root: Path) -> None:
        super().__init__(Kind.MACOS, root)
        (root / "dev").mkdir(parents=True)
        self.group, self.mode = 0, 0o666
        self.on_usb: list[tuple[int, int]] = []
        self._tell()

    def plug(self, ids: tuple[int, int] = CH340, name: str | None = "cu.usbserial-110") -> None:
        self.on_usb.append(ids)
        self._tell()
        if name:
            (self.root / "dev" / name).touch()
            self.add_port(f"/dev/{name}", ids)

    def _tell(self) -> None:
        hub = {"USB Product Name": "Hub", "idVendor": 0x05E3, "idProduct": 0x0610}
        hub["IORegistryEntryChildren"] = [{"idVendor": vid, "idProduct": pid} for vid, pid in self.on_usb]
        root = {"IOObjectClass": "IORegistryEntry", "IORegistryEntryChildren": [hub]}
        self.programs["ioreg"] = plistlib.dumps(root).decode()


class Windows(Machine):
    """A Windows by what pnputil and the registry say, here in German."""

    def __init__(self, root: Path) -> None:
        super().__init__(Kind.WINDOWS, root)
        self.executable = r"C:\Kit\python.exe"
        self.programs["pnputil"] = "Microsoft-PnP-Dienstprogramm\r\n\r\n"
        self.programs["reg"] = (
            "\r\nHKEY_LOCAL_MACHINE\\HARDWARE\\DEVICEMAP\\SERIALCOMM\r\n"
            "    \\Device\\Serial0    REG_SZ    COM1\r\n    \\Device\\VCP0    REG_SZ    COM5\r\n\r\n"
        )

    def plug(self, ids: tuple[int, int] = CH340, port: str = "COM5") -> None:
        self.add_port(port, ids)

    def has_problem(self, instance: str, code: int) -> None:
        self.programs["pnputil"] += (
            f"Instanz-ID:                {instance}\r\nGerätebeschreibung:        USB Serial\r\n"
            f"Status:                    Problem\r\nProblemcode:               {code} (0x{code:02X}) [CM_PROB]\r\n\r\n"
        )


def wrong(checks) -> list[str]:
    return [check.name for check in checks if check.ok is False]


def named(checks, name: str):
    (found,) = [check for check in checks if check.name == name]
    return found


def the_only_flip(before, after):
    """The one line that is wrong now; whatever else there was before and after is as it was."""
    assert wrong(before) == []
    (name,) = wrong(after)
    was = {check.name: check.ok for check in before}
    assert [c.name for c in after if c.name != name and c.ok != was.get(c.name, c.ok)] == []
    return named(after, name)
