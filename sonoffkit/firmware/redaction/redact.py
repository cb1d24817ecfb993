"""A share-safe copy of a dump: made-up names, passwords, keys and addresses in place of the real ones, and all
checksums as they were.

What is known to be harmless stays, by allow-lists (``wiping``); a secret becomes what stands for it (``fictional``)
wherever it is, in any form (``forms``); anything else is overwritten. At the end the copy is looked at as any dump is,
and must show the same as the original (``sameness``). Where that cannot be had, there is no copy (``refusals``).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import NotRedacted
from ..formats import FirmwareImage
from ..identity import identify_firmware
from ..layout import FileKind, Layout, lay_out
from ..layout.tiling import Region
from ..maps import counted
from ..records import SECTOR, Record, RegionKind, SecretKind
from ..records.stock import FACTORY_NETWORK, FACTORY_PASSWORDS, STOCK_WORDS
from .fictional import Fiction
from .forms import SHORTEST, Form, Hit, replace_forms, still_there
from .mending import mend_flag_sector, mend_image
from .redacted import Change, Redacted, changes_in
from .refusals import SAFE, needed, refuse_what_is_not_sure
from .sameness import what_it_shows
from .wiping import PATTERNS, is_public_certificate, wiper_of

__all__ = ["Change", "Redacted", "redact"]

# What the maker sets in every device, so its program says it, too.
FACTORY_DEFAULTS = (FACTORY_NETWORK, *FACTORY_PASSWORDS.values())
WHAT_STAYS = {
    "settings": "Of the settings, the model, the maker's own server and the access point's usual IP address are kept.",
    "relay": "The relay's last state is kept: on or off, and how long a pulse is.",
    "system": "Of the system parameters, small numbers are kept: channel, mode, counts, how often they were written.",
    "PHY": "The PHY init data is kept: the radio's settings as its maker publishes them.",
}


def redact(data: bytes) -> Redacted:
    """A copy of a dump in which nothing of its owner is left; a blank or empty file stays as it is.

    Of the same length, with the same regions, records and firmware, and with every checksum that held before.
    It is for looking at, not for a device: a program in it can have been changed. The same dump gives the same copy.
    Raises NotRedacted, with the reason, where it is not sure that nothing is left.
    """
    data = bytes(data)
    layout = lay_out(data)
    if layout.kind in (FileKind.BLANK, FileKind.EMPTY):
        return Redacted(data, (), ("There is nothing in it.",))
    refuse_what_is_not_sure(data, layout, identify_firmware(data, layout))
    copy = _Copy(data, layout)
    copy.make_safe()
    copy.replace_copies()
    copy.mend()
    copy.check()
    changes = tuple(sorted(copy.changes, key=lambda change: change.at))
    return Redacted(bytes(copy.out), changes, tuple(copy.kept()), tuple(copy.mind()))


class _Copy:
    """The copy while it is made: its bytes so far (``out``), and what was changed."""

    def __init__(self, data: bytes, layout: Layout) -> None:
        self.data, self.layout, self.out = data, layout, bytearray(data)
        self.fiction = Fiction(data, layout.records)
        self.forms = self.fiction.forms()
        self.pattern = _pattern(self.forms)
        self.programs = _programs_that_stay(data, layout)
        self.overwritten: list[Region] = []
        self.records: list[Record] = []
        self.changes: list[Change] = []
        self.told_by_comparison = False

    def make_safe(self) -> None:
        """Each region by what it is: a program stays, a record gets made-up values, what is not known goes."""
        for region in self.layout.regions:
            record = _record_of(region, self.layout)
            if region.kind is RegionKind.BLANK or self._is_program_that_stays(region):
                continue
            if record and wiper_of(record):
                self._make_record_safe(record)
            else:
                self._overwrite(region)

    def _is_program_that_stays(self, region: Region) -> bool:
        is_program = region.kind in (RegionKind.BOOT, RegionKind.PROGRAM)
        return is_program and any(image.at <= region.start < image.end for image in self.programs)

    def _make_record_safe(self, record: Record) -> None:
        wiper = wiper_of(record)
        old = self.data[record.at : record.end]
        new = wiper(old, record, self.fiction) if wiper else old
        self.out[record.at : record.end] = new
        self.records.append(record)
        self.changes += changes_in(record, old, new)

    def _overwrite(self, region: Region) -> None:
        self.out[region.start : region.end] = (self.pattern * (region.size // len(self.pattern) + 1))[: region.size]
        self.overwritten.append(region)
        self.changes.append(Change(_why(region), region.start, region.size, region.name, "overwritten with a pattern"))

    def replace_copies(self) -> None:
        """Secrets elsewhere, in whatever form."""
        kinds = {form: (kind, value) for kind, value, forms in self.fiction.by_value() for form in forms}
        for hit in replace_forms(self.out, self.forms):
            kind, value = kinds[hit.form]
            self.changes.append(self._copy_replaced(hit, kind))
            is_in_program = any(image.at <= hit.at < image.end for image in self.programs)
            self.told_by_comparison |= is_in_program and value not in FACTORY_DEFAULTS

    def _copy_replaced(self, hit: Hit, kind: SecretKind) -> Change:
        where = f"a copy ({hit.form.name}) in {self.layout.region_at(hit.at).name}"
        return Change(kind.value, hit.at, len(hit.form.needle), where, "a made-up value of the same length")

    def mend(self) -> None:
        """Checksums, as they held or did not."""
        for image in self.programs:
            if self.out[image.at : image.end] != self.data[image.at : image.end]:
                for check in mend_image(self.out, image):
                    self._mended(check.name, check.at, len(check.stored) // 2)
        for record in self.records:
            if record.name == "system parameters flag":
                held = {check.name[-1]: check.holds for check in record.checks}
                copies = (record.at - 2 * SECTOR, record.at - SECTOR)
                for at in mend_flag_sector(self.out, record.at, copies, (held.get("A", False), held.get("B", False))):
                    self._mended("sum of the system parameters", at, 4)

    def _mended(self, name: str, at: int, size: int) -> None:
        if self.out[at : at + size] != self.data[at : at + size]:
            self.changes.append(Change(name, at, size, self.layout.region_at(at).name, "computed again"))

    def check(self) -> None:
        """Look at the copy as at any dump: nothing secret is left, and everything else is as it was."""
        out = bytes(self.out)
        left = still_there(out, self.forms)
        if left:
            raise NotRedacted(_what_is_left(left), SAFE)
        programs = {image.at for image in self.programs}
        before = what_it_shows(self.data, self.layout, self.overwritten, programs)
        after = what_it_shows(out, lay_out(out), self.overwritten, programs)
        different = [name for name in before if before[name] != after[name]]
        if different:
            raise NotRedacted(
                f"With its secrets replaced, the copy would show something else ({', '.join(different)}): one of them "
                "is also a part of what the dump is known by.",
                SAFE,
            )

    def kept(self) -> Iterator[str]:
        """Sentences on what stays, and why that is harmless."""
        for image in self.programs:
            yield _about_program(image, self.layout, self.out[image.at : image.end] != self.data[image.at : image.end])
        names = {record.name.split()[0] for record in self.records}
        yield from (sentence for name, sentence in WHAT_STAYS.items() if name in names)
        for record in self.records:
            if is_public_certificate(record, self.data):
                yield "The certificate is kept: it is the same in all devices."

    def mind(self) -> Iterator[str]:
        """Sentences on what to do with the copy, and what not."""
        if self.told_by_comparison:
            yield (
                "One of your secrets was in a program as well. Whoever has the same program from elsewhere can tell by "
                "comparison what stood there: look at the copies named above before you share this."
            )
        yield "This copy is for looking at. Never write it to a device."


def _pattern(forms: tuple[Form, ...]) -> bytes:
    """What unknown bytes are overwritten with: words that say so, unless a secret says the same."""
    for pattern in PATTERNS:
        if still_there((pattern * 64).ljust(SECTOR, b"\xff"), forms) is None:
            return pattern
    raise NotRedacted("One of its secrets is so short that it is in everything.", SAFE)


def _programs_that_stay(data: bytes, layout: Layout) -> tuple[FirmwareImage, ...]:
    """The boot loader, the program that runs, and any other that is whole and the maker's."""
    sure = needed(layout.images, layout)
    return tuple(
        image
        for image in layout.images
        if image in sure or (image.is_sound and any(word in data[image.at : image.end] for word in STOCK_WORDS))
    )


def _record_of(region: Region, layout: Layout) -> Record | None:
    """The record that a region is, if it is the whole of one."""
    places = (region.start, region.end, region.name)
    return next((record for record in layout.records if (record.at, record.end, record.name) == places), None)


def _why(region: Region) -> str:
    if region.kind is RegionKind.UNKNOWN:
        return "unknown bytes"
    if region.kind in (RegionKind.BOOT, RegionKind.PROGRAM):
        return "a program that is damaged, or not known to be the maker's"
    return "a record that is not understood"


def _about_program(image: FirmwareImage, layout: Layout, changed: bool) -> str:
    name = layout.region_at(image.at).name
    name = name[0].upper() + name[1:]
    but = ", but for the copies of secrets that were in it" if changed else ""
    broken = [check.name for check in image.checks if not check.holds]
    if not broken:
        return f"{name} is kept{but}: it is the firmware's own, and nothing of yours is in it."
    checks = f"its {' and its '.join(broken)} did not hold before, and {'does' if len(broken) == 1 else 'do'} not now"
    return f"{name} is kept{but}: it is the firmware's own, though changed or damaged ({checks})."


def _what_is_left(left: Form) -> str:
    size = counted(len(left.needle), "byte")
    if len(left.needle) < SHORTEST:
        return (
            f"One of its secrets is very short ({size}). Programs are full of such bytes by chance, so it cannot "
            "be replaced everywhere."
        )
    return f"One of its secrets ({left.name}, {size}) would still be in the copy."
