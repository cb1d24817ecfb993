"""Whether everything fits together: a new Python connects to a throw-away practice Sonoff."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

__all__ = ["ask_practice_sonoff"]

# In a process and a home of its own: esptool's log belongs to a whole process, and to whoever works in this one.
ASK = """
from sonoffkit.session import connect
with connect("practice://basic", 115200) as device:
    print(device.identity.chip, device.identity.flash_size // 0x100000, "MB")
"""
SECONDS = 30.0  # a Raspberry Pi needs ten to load esptool for the first time


def ask_practice_sonoff() -> str:
    """Who answers: chip and size; raises OSError with the last thing that was said where nobody does."""
    with tempfile.TemporaryDirectory(prefix="sonoffkit-check-") as home:
        try:
            done = subprocess.run(
                [sys.executable, "-c", ASK],
                env={**os.environ, "SONOFFKIT_HOME": home, "PYTHONIOENCODING": "utf-8"},
                capture_output=True, text=True, encoding="utf-8", errors="replace",
                stdin=subprocess.DEVNULL, timeout=SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise OSError(f"it did not answer within {SECONDS:.0f} seconds") from None
    said = done.stdout.split() or ["nothing"]
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
    return " ".join(said)
