"""Whose secrets a dump holds: found where firmware keeps them, all copies, and masked."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from ..layout import Layout
from ..records import Field, Record, RegionKind, SecretKind
from ..records.stock import FACTORY_NETWORK, FACTORY_PASSWORDS
from ..records.system_parameters import pmk_of

__all__ = ["Secret", "SecretKind", "find_secrets", "masked"]

MASK = b"*"
FEWEST_VALUES = 4
SHORTEST_COPY = 6  # bytes: shorter ones are found all over a program by chance
MOST_LOOKED_FOR = 100  # values: a device has some 30, and a file made of records only would take hours
BINARY = (SecretKind.WIFI_KEY, SecretKind.AP_KEY)
ADDRESSES = (SecretKind.MAC, SecretKind.BSSID)
# A key and the network that it belongs to: its fields' names in the system parameters.
PAIRS = {"PMK": ("SSID", "password"), "AP PMK": ("AP SSID", "AP password")} | {
    f"saved PMK {n}": (f"saved SSID {n}", f"saved password {n}") for n in range(5)
}


@dataclass(frozen=True)
class Secret:
    """One copy of a secret: ``size`` bytes from ``at``, of which ``value`` are used; ``where`` names its record.

    ``proof`` says why it surely is one, where that can be said. Repr and str mask the value.
    """

    kind: SecretKind
    at: int
    size: int
    value: bytes = field(repr=False)
    where: str = ""
    proof: str = ""

    def text(self, *, reveal: bool = False, exported: bool = False) -> str:
        """Its value for a person: masked unless revealed; a name or identity is shown, but not in what is exported."""
        if not reveal and (exported or not self.kind.shown_to_owner):
            return f"•••• ({len(self.value)} bytes)" if self.kind in BINARY else "••••"
        if self.kind in ADDRESSES and len(self.value) == 6:
            return self.value.hex(":")
        return self.value.hex() if self.kind in BINARY else self.value.decode("utf-8", "backslashreplace")

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.text()} ({self.where}, {self.at:#x})"


def find_secrets(data: bytes, layout: Layout) -> tuple[Secret, ...]:
    """The secrets in a dump's records, and their further copies anywhere else, by their places."""
    found = [secret for record in layout.records for secret in _in_record(record)]
    found += list(_again(layout, found))
    taken = sorted((secret.at, secret.at + secret.size) for secret in found)
    found += _copies(data, layout, found, taken)
    return tuple(sorted(found, key=lambda secret: (secret.at, secret.size)))


def _again(layout: Layout, found: list[Secret]) -> Iterator[Secret]:
    """The same once more, each time that a file repeats itself."""
    times = layout.size // layout.period if layout.period else 1
    for start in (time * layout.period for time in range(1, times)):
        yield from (replace(one, at=one.at + start, where=f"the same again, {one.where}") for one in found)


def masked(data: bytes, secrets: Iterable[Secret], *, everything: bool = False) -> bytes:
    """The dump with the secrets' bytes overwritten by ``*``; with ``everything`` also those shown to the owner."""
    out = bytearray(data)
    for secret in secrets:
        if everything or not secret.kind.shown_to_owner:
            end = min(secret.at + secret.size, len(out))  # a field can reach beyond a dump that was cut off
            out[secret.at : end] = MASK * (end - secret.at)
    return bytes(out)


def _in_record(record: Record) -> Iterator[Secret]:
    for one in record.fields:
        if one.secret and one.value:
            where = f"{record.name}, {one.name}"
            yield Secret(one.secret, one.at, one.size, one.value, where, _proof(record, one))


def _proof(record: Record, one: Field) -> str:
    """A key that PBKDF2 makes of the name and the password beside it proves that all three were read right."""
    for key, (name, password) in PAIRS.items():
        if one.name in (key, name, password) and record.kind is RegionKind.SYSTEM:
            ssid, secret, stored = record.value(name), record.value(password), record.value(key)
            if ssid and secret and stored and pmk_of(secret, ssid) == stored:
                return "proven: the stored key fits this name and password"
    if one.secret and FACTORY_PASSWORDS.get(one.secret) == one.value:
        return "the maker's own, the same in every device"
    return "the factory's own test network" if one.value == FACTORY_NETWORK else ""


def _copies(data: bytes, layout: Layout, found: list[Secret], taken: list[tuple[int, int]]) -> Iterator[Secret]:
    """The same elsewhere, as it is or spelled out: in leftovers, in a log, in a file."""
    values: dict[bytes, SecretKind] = {}
    for secret in found:
        if _is_distinct(secret):
            values.setdefault(secret.value, secret.kind)
    for value, kind in islice(values.items(), MOST_LOOKED_FOR):
        for form, needle in _spellings(value):
            at = data.find(needle)
            while at >= 0:
                if not _is_taken(taken, at):
                    yield Secret(kind, at, len(needle), value, f"a copy{form} in {layout.region_at(at).name}")
                at = data.find(needle, at + len(needle))


def _is_distinct(secret: Secret) -> bool:
    """Whether it is long and varied enough to be found elsewhere by no chance: 02:00:00:00:00:01 is not."""
    return len(secret.value) >= SHORTEST_COPY and len(set(secret.value)) >= FEWEST_VALUES


def _is_taken(taken: list[tuple[int, int]], at: int) -> bool:
    """Whether it lies in a field that was found already; the fields are sorted, and do not overlap."""
    before = bisect.bisect_right(taken, at, key=lambda span: span[0]) - 1
    return before >= 0 and at < taken[before][1]


def _spellings(value: bytes) -> tuple[tuple[str, bytes], ...]:
    """The usual ways to write it; :mod:`forms` knows more, for what is shared must hold none."""
    digits = value.hex()
    wide = value.decode("latin-1").encode("utf-16-le")
    return (
        ("", value),
        (" (UTF-16)", wide),
        (" (hex)", digits.encode()),
        (" (hex)", digits.upper().encode()),
        (" (hex)", value.hex(":").encode()),
        (" (hex)", value.hex(":").upper().encode()),
    )
