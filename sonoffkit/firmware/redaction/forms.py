"""The forms that one secret can take in a dump: its bytes, texts of them, base64; found and replaced by size, longest
first."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..maps import BLANK_SECTOR
from ..records import SECTOR, SecretKind

__all__ = ["SHORTEST", "Form", "Hit", "forms_of", "is_blank_value", "replace_forms", "still_there"]

SHORTEST = 4  # bytes: shorter ones are all over a program by chance, so only texts of their own are replaced
SHORTEST_BASE64 = 6  # characters
SEPARATORS = ("", ":", "-", " ")
ADDRESSES = (SecretKind.MAC, SecretKind.BSSID)
BINARY = (*ADDRESSES, SecretKind.WIFI_KEY, SecretKind.AP_KEY)
MARGIN = 512  # bytes around what is not blank: longer than any form


@dataclass(frozen=True)
class Form:
    """What to look for, and what takes its place, of the same length.

    With ``any_case`` its letters may be small or capital ones; then ``needle`` and ``replacement`` are in small ones.
    """

    name: str
    needle: bytes = field(repr=False)
    replacement: bytes = field(repr=False)
    any_case: bool = False


@dataclass(frozen=True)
class Hit:
    """A form that was found at ``at``, and replaced."""

    at: int
    form: Form


def is_blank_value(value: bytes) -> bool:
    """Whether it is empty, or nothing but zeros, or as erased: that tells nothing."""
    return not value.strip(b"\0") or not value.strip(b"\xff")


def forms_of(kind: SecretKind, value: bytes, fictional: bytes) -> tuple[Form, ...]:
    """All forms of a secret, with the same form of what stands for it."""
    found = {(form.needle, form.any_case): form for form in reversed(list(_forms(kind, value, fictional)))}
    return tuple(
        form
        for form in found.values()
        if len(form.needle) == len(form.replacement) and (form.needle == value or len(form.needle) >= SHORTEST)
    )


def replace_forms(out: bytearray, forms: Iterable[Form]) -> tuple[Hit, ...]:
    """Replace every form in a dump, the longest first, so that none is cut by a shorter one within it."""
    hits: list[Hit] = []
    small = out.lower()
    spans = _spans(out)
    for form in sorted(forms, key=lambda form: (-len(form.needle), form.any_case)):
        where = small if form.any_case else out
        for at in _places(where, form, spans):
            new = _in_its_case(out, at, form)
            out[at : at + len(new)] = new
            small[at : at + len(new)] = new.lower()
            hits.append(Hit(at, form))
    return tuple(hits)


def still_there(data: bytes, forms: Iterable[Form]) -> Form | None:
    """The first form that is in a dump; None if none is."""
    spans = _spans(data)
    small = data.lower()
    for form in forms:
        where = small if form.any_case else data
        if any(where.find(form.needle, start, end) >= 0 for start, end in spans):
            return form
    return None


def _forms(kind: SecretKind, value: bytes, fictional: bytes) -> Iterator[Form]:
    """Bytes and exact texts first: what is found as it is gets what stands for it as it is."""
    exact = [Form(name, old, new) for name, old, new in _raw(kind, value, fictional)]
    encoded = [text for form in exact for text in _base64(form)]
    texts = [_in_any_case(form) for form in exact if kind not in BINARY and form.needle.isascii()]
    texts += (
        Form(f"{f.name}, as hex", _hex(f.needle, s), _hex(f.replacement, s), True) for f in exact for s in SEPARATORS
    )
    if kind is SecretKind.MAC:
        texts += (
            Form("its last three bytes, as hex", _hex(value[3:], s), _hex(fictional[3:], s), True) for s in SEPARATORS
        )
    plain = [*(form for form in exact if kind not in BINARY), *encoded, *texts]
    yield from (*exact, *encoded, *(wide for form in plain if (wide := _wide(form))), *texts)


def _raw(kind: SecretKind, value: bytes, fictional: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """Its bytes; an address from its end, too; and what the digits of a key or an id say."""
    yield "its bytes", value, fictional
    if kind in ADDRESSES:
        yield "its bytes, from the end", value[::-1], fictional[::-1]
    digits, stand_in = value.replace(b"-", b""), fictional.replace(b"-", b"")
    spelled = kind in (SecretKind.API_KEY, SecretKind.DEVICE_ID) or len(digits) == 64
    if kind not in BINARY and spelled and digits != value:
        yield "without its dashes", digits, stand_in
    if kind not in BINARY and spelled and _is_hex(digits) and _is_hex(stand_in):
        yield "what its digits say", bytes.fromhex(digits.decode()), bytes.fromhex(stand_in.decode())


def _hex(value: bytes, separator: str) -> bytes:
    return (value.hex(separator) if separator else value.hex()).encode()


def _is_hex(text: bytes) -> bool:
    return len(text) % 2 == 0 and re.fullmatch(rb"[0-9a-fA-F]+", text) is not None


def _in_any_case(form: Form) -> Form:
    return Form(f"{form.name}, in other letters", form.needle.lower(), form.replacement.lower(), True)


def _wide(form: Form) -> Form | None:
    """The same as UTF-16; None where it is no text."""
    try:
        old = form.needle.decode("utf-8").encode("utf-16-le")
        new = form.replacement.decode("utf-8").encode("utf-16-le")[: len(old)]
    except UnicodeError:
        return None
    return Form(f"{form.name}, in UTF-16", old, new, form.any_case)


def _base64(form: Form) -> Iterator[Form]:
    """Whole; and the characters that no neighbour has a part in, for each place among three that it can begin at."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield Form(f"{form.name}, in base64", encode(form.needle), encode(form.replacement))
        for before in range(3):
            old, new = (
                _inner(encode(bytes(before) + one), before, len(one)) for one in (form.needle, form.replacement)
            )
            if len(old) >= SHORTEST_BASE64:
                yield Form(f"{form.name}, in a longer base64", old, new)


def _inner(encoded: bytes, before: int, size: int) -> bytes:
    return encoded[-(-8 * before // 6) : 8 * (before + size) // 6]


def _spans(data: bytes | bytearray) -> list[tuple[int, int]]:
    """Where a dump is not blank, and a little around that; so a large empty flash takes no longer than a small one."""
    spans: list[tuple[int, int]] = []
    for at in range(0, len(data), SECTOR):
        if data[at : at + SECTOR] == BLANK_SECTOR:
            continue
        start, end = max(0, at - MARGIN), min(len(data), at + SECTOR + MARGIN)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans


def _places(where: bytearray, form: Form, spans: list[tuple[int, int]]) -> Iterator[int]:
    """Each place where it is still; looked for again after each replacement, as that may have been a part of it."""
    needle = form.needle
    for start, end in spans:
        at = where.find(needle, start, end)
        while at >= 0:
            if len(needle) >= SHORTEST or _is_text_of_its_own(where, at, len(needle)):
                yield at
            at = where.find(needle, at + 1, end)


def _is_text_of_its_own(where: bytearray, at: int, size: int) -> bool:
    around = bytes(where[max(0, at - 1) : at] + where[at + size : at + size + 1])
    return not around.strip(b"\0\xff")


def _in_its_case(out: bytearray, at: int, form: Form) -> bytes:
    found = out[at : at + len(form.needle)]
    return form.replacement.upper() if form.any_case and found != found.lower() else form.replacement
