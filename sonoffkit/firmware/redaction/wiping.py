"""What may stay in each kind of region of a stock dump, and what goes: allow-lists, so that what is not known goes.

A secret becomes what stands for it; anything else that is not listed here becomes zeros in a record whose other
bytes stay, or a pattern where nothing stays.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from ..records import Field, Record, RegionKind
from ..records.system_parameters import PARAMETERS_SIZE
from .fictional import Fiction

__all__ = ["PATTERNS", "is_public_certificate", "wiper_of"]

Wiper = Callable[[bytes, Record, Fiction], bytes]

PATTERNS = (b"REDACTED", b"overwritten.", b"<nothing>", b"\xa5\x5a\xc3\x3c")
FLAG_SIZE = 0x20
NOTHING = frozenset((0x00, 0x01, 0xFF))  # what a byte may be anywhere: never written, erased, no, yes
SMALL = frozenset(range(0x10))  # a channel, a mode, a count
ZEROS = bytes(byte if byte in NOTHING else 0 for byte in range(256))
ZERO_TAIL = bytes(0xFF if byte == 0xFF else 0 for byte in range(256))
MOST_STATE = 0x10000  # what a word of the relay's state is below: a switch, or a pulse's milliseconds
STATE_SIZE = 0x20

PUBLIC_MODEL = re.compile(rb"[A-Za-z0-9-]{1,20}\Z")  # set by the maker, no owner can change it
PUBLIC_HOST = re.compile(rb"([a-z0-9-]+\.)*(coolkit\.(cc|cn)|itead\.cn|iteadstudio\.com|practice-maker\.example)\Z")
# The stock settings' own numbers, as they are in every dump known: the access point's addresses, and a table.
STOCK_NUMBERS = (
    (0xB8, bytes.fromhex("0a0a0701ffffff000a0a0701")),
    (0x124, bytes.fromhex("10070000040000000004000000d0ea17")),
)
# The system parameters' numbers: mode, channels, counts, flags. Any of them is small.
SMALL_NUMBERS = ((0x08, 4), (0x30, 7), (0x98, 1), (0xA9, 1), (0x135, 4), (0x13C, 2), (0x340, 8))
LENGTHS = (0x0C, 0xB0, *(0x140 + 100 * n for n in range(5)))
KNOWN_BYTES = ((0x36C, 0x64), (0x498, 0x81))
# Certificates that are the same in every device, by the SHA-256 of name, length and DER.
PUBLIC_CERTIFICATES = ("72aacfb0ce78f705c150fe05221df2534dc435085947c2132cf43e7e91879ff7",)  # ca-17727.cer


def wiper_of(record: Record) -> Wiper | None:
    """What makes a record's bytes share-safe, and leaves the record what it is; None if nothing of it may stay."""
    if record.kind is RegionKind.SETTINGS and record.name.startswith("settings"):
        if record.name == "settings flag":
            return _flag
        return None if record.by_place else _settings
    if record.name.startswith("relay state"):
        return _flag if record.name == "relay state flag" else _relay_state
    if record.name.startswith("system parameters"):
        if record.name == "system parameters flag":
            return _flag_sector
        return _parameters if record.size >= PARAMETERS_SIZE else None  # the file can end in them
    if record.kind is RegionKind.CERTIFICATE:
        return _certificate
    if record.kind is RegionKind.CALIBRATION and record.name == "RF calibration":
        return _calibration
    return _untouched if record.name == "PHY init data" else None


def is_public_certificate(record: Record, data: bytes) -> bool:
    """Whether a record is a certificate that is the same in every device."""
    return record.kind is RegionKind.CERTIFICATE and _is_public(data[record.at : record.end])


def _untouched(block: bytes, record: Record, fiction: Fiction) -> bytes:
    return block


def _flag(block: bytes, record: Record, fiction: Fiction) -> bytes:
    return block[:1] + b"\xff" * (len(block) - 1)


def _settings(block: bytes, record: Record, fiction: Fiction) -> bytes:
    out = bytearray(block.translate(ZEROS))
    for at, known in STOCK_NUMBERS:
        if block[at : at + len(known)] == known:
            out[at : at + len(known)] = known
    _put_fields(out, block, record, fiction)
    return bytes(out)


def _parameters(block: bytes, record: Record, fiction: Fiction) -> bytes:
    out = bytearray(block.translate(ZEROS))
    out[0:2] = block[0:2]
    for at, size in SMALL_NUMBERS:
        for place in range(at, at + size):
            if block[place] in SMALL:
                out[place] = block[place]
    for at in LENGTHS:
        if int.from_bytes(block[at : at + 4], "little") <= 32:
            out[at : at + 4] = block[at : at + 4]
    for at, known in KNOWN_BYTES:
        if block[at] == known:
            out[at] = known
    _put_fields(out, block, record, fiction)
    return bytes(out)


def _put_fields(out: bytearray, block: bytes, record: Record, fiction: Fiction) -> None:
    """The fields' values, with zeros in what is behind them in their places: older, longer ones remain there."""
    for field in record.fields:
        at = field.at - record.at
        tail = block[at + len(field.value) : at + field.size].translate(ZERO_TAIL)
        out[at : at + field.size] = _value(field, fiction) + tail


def _value(field: Field, fiction: Fiction) -> bytes:
    public = {"model": PUBLIC_MODEL, "dispatch host": PUBLIC_HOST}.get(field.name)
    return field.value if public and public.match(field.value) else fiction.of(field.value)


def _flag_sector(block: bytes, record: Record, fiction: Fiction) -> bytes:
    return block[:1] + block[1:4].translate(ZERO_TAIL) + block[4:FLAG_SIZE] + block[FLAG_SIZE:].translate(ZERO_TAIL)


def _relay_state(block: bytes, record: Record, fiction: Fiction) -> bytes:
    out = bytearray(block.translate(ZEROS))
    for at in range(0, min(STATE_SIZE, len(block)), 4):
        if int.from_bytes(block[at : at + 4], "little") < MOST_STATE:
            out[at : at + 4] = block[at : at + 4]
    return bytes(out)


def _calibration(block: bytes, record: Record, fiction: Fiction) -> bytes:
    return bytes(len(block.rstrip(b"\xff"))).ljust(len(block), b"\xff")


def _certificate(block: bytes, record: Record, fiction: Fiction) -> bytes:
    """A public one stays; of another, nothing but that it is one."""
    end = _certificate_end(block)
    out = bytearray(block)
    if not _is_public(block):
        name = len(block[:32].split(b"\0", 1)[0])
        out[:0x20] = (b"certificate" * 3)[:name].ljust(0x20, b"\0")
        out[0x26:end] = bytes(end - 0x26)
    out[end:] = block[end:].translate(ZERO_TAIL)
    return bytes(out)


def _is_public(block: bytes) -> bool:
    return hashlib.sha256(block[: _certificate_end(block)]).hexdigest() in PUBLIC_CERTIFICATES


def _certificate_end(block: bytes) -> int:
    return 0x22 + int.from_bytes(block[0x20:0x22], "little")
