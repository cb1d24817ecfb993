"""Bytes between a device and this computer: no more than needed, each checked, whatever the line does to them.

``compare`` finds out by the device's own digests what differs from what is
known here. ``fetch`` reads that, passing over what is blank; ``write_changes``
writes it. ``pieces`` is how both, and the vault, cut a flash.
"""

from __future__ import annotations

from .compare import md5_of_device
from .fetch import Fetched, Known, Store, fetch
from .pieces import PIECE, SECTOR, Piece, Region, pieces_of
from .write import Written, write_changes

__all__ = [
    "PIECE",
    "SECTOR",
    "Fetched",
    "Known",
    "Piece",
    "Region",
    "Store",
    "Written",
    "fetch",
    "md5_of_device",
    "pieces_of",
    "write_changes",
]
