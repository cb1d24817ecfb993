"""Made-up values that stand for a dump's secrets: of the same length and shape, equal where those were equal.

They come from a fixed sequence of numbers and are made of nothing secret, so the same dump gives the same copy.
"""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ...errors import NotRedacted
from ..records import Record, RegionKind, SecretKind
from ..records.system_parameters import pmk_of
from ..secrets.secrets import PAIRS
from .forms import ADDRESSES, BINARY, SHORTEST, Form, forms_of, is_blank_value

__all__ = ["Fiction"]

MOST_TRIES = 500
NEIGHBOURS = 8  # addresses of one device follow each other
LOCAL = (0x02, 0x06, 0x0A, 0x0E)  # first bytes of addresses that are nobody's: locally administered ones
DIGITS, LOWER, UPPER = string.digits.encode(), string.ascii_lowercase.encode(), string.ascii_uppercase.encode()
# What all characters of a value are, and what they become; the first that fits. A text of several kinds becomes
# letters and digits anywhere, since where it has which tells something of it.
SHAPES = (
    (DIGITS, DIGITS),
    (DIGITS + b"abcdef-", DIGITS + b"abcdef"),
    (DIGITS + b"ABCDEF-", DIGITS + b"ABCDEF"),
    (LOWER, LOWER),
    (UPPER, UPPER),
)
ANY_TEXT = DIGITS + LOWER + UPPER
UUID = re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
# Beginnings of the names that firmware makes of the device's id or address: nobody's.
PUBLIC_BEGINNING = re.compile(rb"(ITEAD-|ESP_|DVES_|AI-THINKER_|tasmota[_-])(.+)\Z", re.DOTALL)


class Fiction:
    """What stands for each secret in the records of a dump.

    ``kinds`` are the secrets' values and what they are, in the order of the records.
    Raises NotRedacted where a value is so short that nothing can stand for it.
    """

    def __init__(self, data: bytes, records: Iterable[Record]) -> None:
        self._data = data
        self._records = tuple(records)
        self._of: dict[bytes, bytes] = {}
        self._number = 0
        self.kinds = _values(self._records)
        self._needles = self._all_needles()
        self._make_addresses()
        self._make_texts()
        self._make_names()
        self._make_keys()

    def of(self, value: bytes) -> bytes:
        """What stands for a value; a value that is no secret of the records gets something of its own."""
        if value not in self._of:
            if is_blank_value(value):
                return value
            self._of[value] = self._new(value, partial(_like, value))
        return self._of[value]

    def forms(self) -> tuple[Form, ...]:
        """Every form of every secret, with what takes its place."""
        return tuple(form for value, kind in self.kinds.items() for form in forms_of(kind, value, self._of[value]))

    def by_value(self) -> Iterator[tuple[SecretKind, bytes, tuple[Form, ...]]]:
        """The same with each secret's kind and value."""
        for value, kind in self.kinds.items():
            yield kind, value, forms_of(kind, value, self._of[value])

    def _all_needles(self) -> tuple[bytes, ...]:
        forms = (form for value, kind in self.kinds.items() for form in forms_of(kind, value, value))
        return tuple({form.needle.lower() for form in forms})

    def _new(self, value: bytes, make: Callable[[random.Random], bytes]) -> bytes:
        """The next of the sequence that is neither in the dump nor says anything that a secret says."""
        self._number += 1
        rng = random.Random(self._number)
        for _ in range(MOST_TRIES):
            made = make(rng)
            if made != value and self._is_free(made):
                return made
        raise NotRedacted(
            "One of its secrets is so short that nothing could stand for it: whatever has that length "
            "is in the dump already.",
        )

    def _is_free(self, made: bytes) -> bool:
        if made in self._of.values() or made in self.kinds:
            return False
        small = made.lower()
        if any(needle in small for needle in self._needles):
            return False
        return len(made) < SHORTEST or made not in self._data

    def _make_addresses(self) -> None:
        """Addresses that follow each other do so again, and those that differ in their first byte only do so again."""
        tails: dict[int, int] = {}
        for value in [value for value, kind in self.kinds.items() if kind in ADDRESSES]:
            tail = int.from_bytes(value[1:])
            near = next((known for known in tails if abs(tail - known) < NEIGHBOURS), None)
            made = self._beside(value, tails[near] + tail - near) if near is not None else None
            self._of[value] = made or self._new(value, _address)
            tails[tail] = int.from_bytes(self._of[value][1:])

    def _beside(self, value: bytes, tail: int) -> bytes | None:
        made = (bytes([first]) + tail.to_bytes(5) for first in LOCAL)
        return next((one for one in made if one != value and self._is_free(one)), None)

    def _make_texts(self) -> None:
        for value, kind in self.kinds.items():
            if kind not in BINARY and not PUBLIC_BEGINNING.match(value):
                self.of(value)

    def _make_names(self) -> None:
        """Names that firmware made of an id or an address are made of what stands for that."""
        for value, kind in self.kinds.items():
            found = PUBLIC_BEGINNING.match(value)
            if kind in BINARY or not found or value in self._of:
                continue
            beginning, rest = found.groups()
            made = beginning + self._stand_in_of(rest)
            if made == value or any(needle in made.lower() for needle in self._needles):
                made = self._new(value, partial(_named, beginning, rest))
            self._of[value] = made

    def _stand_in_of(self, rest: bytes) -> bytes:
        if rest in self._of:
            return self._of[rest]
        for value, kind in self.kinds.items():
            tail = value[3:].hex().encode()
            if kind is SecretKind.MAC and rest.lower() == tail:
                made = self._of[value][3:].hex().encode()
                return made.upper() if rest != rest.lower() else made
        return self._new(rest, partial(_like, rest))

    def _make_keys(self) -> None:
        """A key that name and password beside it give is that of what stands for these; any other is made up."""
        for record in self._records:
            for key, (name, password) in PAIRS.items():
                stored, ssid, secret = record.value(key), record.value(name), record.value(password)
                if record.kind is RegionKind.SYSTEM and stored in self.kinds and stored not in self._of:
                    made = self._key(stored, ssid, secret)
                    if made:
                        self._of[stored] = made
        for value, kind in self.kinds.items():
            if kind in BINARY and value not in self._of:
                self._of[value] = self._new(value, partial(_bytes, len(value)))

    def _key(self, stored: bytes, ssid: bytes, password: bytes) -> bytes | None:
        if ssid not in self._of or password not in self._of:
            return None
        if password.lower() == stored.hex().encode():  # a password of 64 hex digits is the key itself
            return bytes.fromhex(self._of[password].decode())
        if pmk_of(password, ssid) != stored:
            return None
        return pmk_of(self._of[password], self._of[ssid])


def _values(records: Iterable[Record]) -> dict[bytes, SecretKind]:
    """The secrets' values by their places. Of one that is several things, being an address or a key counts."""
    kinds: dict[bytes, SecretKind] = {}
    fields = sorted((field for record in records for field in record.fields), key=lambda field: field.at)
    for field in fields:
        if field.secret and not is_blank_value(field.value) and (field.value not in kinds or field.secret in BINARY):
            kinds[field.value] = field.secret
    return kinds


def _like(value: bytes, rng: random.Random) -> bytes:
    """A text of the same length and shape."""
    if UUID.match(value):
        digits = SHAPES[2][1] if value != value.lower() else SHAPES[1][1]
        return bytes(byte if byte == ord("-") else rng.choice(digits) for byte in value)
    letters = next((made for all_of, made in SHAPES if not value.strip(all_of)), ANY_TEXT)
    return bytes(rng.choice(letters) for _ in value)


def _named(beginning: bytes, rest: bytes, rng: random.Random) -> bytes:
    return beginning + _like(rest, rng)


def _address(rng: random.Random) -> bytes:
    """An address that is nobody's, with room for its neighbours."""
    return bytes([LOCAL[0]]) + rng.randbytes(4) + bytes([rng.randrange(NEIGHBOURS, 0x100 - NEIGHBOURS)])


def _bytes(size: int, rng: random.Random) -> bytes:
    return rng.randbytes(size)
