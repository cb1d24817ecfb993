"""A dump on disk: read whole, or refused in words."""

from __future__ import annotations

from pathlib import Path

from ..errors import DumpTooBig, DumpUnreadable
from .maps import size_text

__all__ = ["LARGEST_DUMP", "read_dump"]

LARGEST_DUMP = 64 * 1024 * 1024  # bytes; four times the largest flash of an ESP8266


def read_dump(file: Path | str) -> bytes:
    """The bytes of a file of at most 64 MiB; raises DumpUnreadable or DumpTooBig."""
    path = Path(file)
    try:
        if path.stat().st_size > LARGEST_DUMP:
            raise DumpTooBig(f"{path.name} is larger than {size_text(LARGEST_DUMP)}: no dump of an ESP8266.")
        return path.read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        raise DumpUnreadable(f"{path} cannot be read. ({getattr(exc, 'strerror', exc)})") from exc
