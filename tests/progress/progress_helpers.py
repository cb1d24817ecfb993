"""A device as far as progress and a vault know one."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

from sonoffkit.session import Identity

SIZE = 0x40000
ME = Identity("ESP8266EX", "5c:cf:7f:00:00:01", 0x1240EF, SIZE)
PORT = "/dev/ttyUSB0"


class Flash:
    """A device as far as a vault knows one."""

    def __init__(self, seed: int = 1, mac: str = ME.mac) -> None:
        self.data = random.Random(seed).randbytes(SIZE)
        self.identity = replace(ME, mac=mac)

    def md5(self, address: int, size: int) -> str:
        return hashlib.md5(self.data[address : address + size]).hexdigest()
