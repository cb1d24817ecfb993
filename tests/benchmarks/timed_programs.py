"""The two programs that are compared, the kit and esptool: each a process, and its wall time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from served_device import Served

__all__ = ["Kit", "esptool", "note"]

_PATIENCE_SECONDS = 900  # of one run; the slowest takes two minutes

# Notes only the first and the last sign of progress: all of them would count as memory. VmHWM is what ru_maxrss would
# say, had that not begun with the peak of the parent process (Linux; measured).
_KIT = """
import json, re, resource, sys, time
from pathlib import Path
from sonoffkit.operations import back_up, restore
from sonoffkit.session import connect
from sonoffkit.vault import Vault
what, port, baud, folder = sys.argv[1:]
seen = {}
def look(done, total):
    now = time.monotonic()
    seen.setdefault("first", (done, now))
    if done > seen.get("last", (0, 0))[0]:
        seen["last"] = (done, now)
with connect(port, int(baud)) if baud else connect(port) as device:
    if what == "restore":
        path = restore(device, Vault(folder).backups()[0]).backup.path
    else:
        path = back_up(device, Vault(folder), progress=look).backup.path
if sys.platform == "linux":
    memory = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
else:
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(dict(path=str(path), memory=memory, **seen)))
"""


class Kit:
    """The kit as somebody has it: its settings and its vault last from one run to the next. No baud: out of the box."""

    def __init__(self, device: Served, baud: int | None = None, vault: Path | None = None) -> None:
        self._device, self._baud = device, baud
        self._home = device.new_folder()
        self.vault = vault or self._home / "vault"
        self.told: dict[str, Any] = {}

    def back_up(self) -> float:
        return self._run("back up")

    def restore(self) -> float:
        return self._run("restore")

    def _run(self, what: str) -> float:
        baud = str(self._baud or "")
        command = [sys.executable, "-c", _KIT, what, self._device.port, baud, str(self.vault)]
        seconds, told = _timed(command, SONOFFKIT_HOME=str(self._home))
        self.told = json.loads(told.splitlines()[-1])
        self._device.check(Path(self.told["path"]))
        return seconds


def esptool(device: Served, baud: int, *command: str) -> float:
    # The options that leave the device as the kit leaves it.
    options = ["--port", device.port, "--baud", str(baud), "--before", "no-reset", "--after", "no-reset-stub"]
    return _timed([sys.executable, "-m", "esptool", *options, *command])[0]


def note(text: str) -> None:
    """Of one run, while more are to come."""
    print(text, file=sys.stderr, flush=True)


def _timed(command: list[str], **environment: str) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, timeout=_PATIENCE_SECONDS, env=os.environ | environment
    )
    return time.monotonic() - began, done.stdout
