"""Which firmware it is, with the evidence: what lies where first, words in it second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from .file_kind import FileKind
from .find import Family
from .layout import Layout
from .signatures import SIGNATURES, Signature
from .stock import MODELS
from .tasmota import newest

__all__ = ["Confidence", "Evidence", "Firmware", "identify_firmware"]

# As the SDK prints itself: "2.0.0(5a875ba)", "3.0.6-dev(072755c)".
SDK = re.compile(rb"(?<![\w.])(\d\.\d\.\d(?:-[a-z]+)?\([0-9a-f]{7,8}\))")
COMPILED = re.compile(rb"SDK ver: ?%s compiled @ ?([A-Z][a-z]{2} +\d{1,2} \d{4})")
BOOT_VERSION = re.compile(rb"2nd boot version : ?(\d\.\d)")
WORDS = "the words"
ALONE = re.compile(rb"(?<=\0)(\d\.\d{1,2}\.\d{1,2})(?=\0)")  # a version that is a text of its own


class Confidence(StrEnum):
    """How far to trust a name; a guess is never called a fact."""

    PROVEN = "proven"
    LIKELY = "likely"
    GUESS = "a guess"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Evidence:
    """One reason: where it was found (None for the whole file), and what it is."""

    at: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.at is None else f"{self.text} (at {self.at:#x})"


@dataclass(frozen=True)
class Firmware:
    """The name of a firmware; ``version``, ``model``, ``sdk`` and ``boot`` are empty where nothing tells them.

    ``version_confidence`` is that of the version alone, which can be less sure than the name.
    """

    name: str
    confidence: Confidence
    version: str = ""
    version_confidence: Confidence = Confidence.UNKNOWN
    model: str = ""
    sdk: str = ""
    boot: str = ""
    evidence: tuple[Evidence, ...] = ()


def identify_firmware(data: bytes, layout: Layout) -> Firmware:
    """Name the firmware in a dump that was laid out."""
    nothing = _without_firmware(layout)
    if nothing:
        return nothing
    start, end = _program(layout)
    found = [(signature, tuple(_evidence(data, layout, signature, start, end))) for signature in SIGNATURES]
    for counts in (_has_words, _has_place):
        for signature, evidence in found:
            if counts(evidence):
                return _named(data, layout, signature, evidence, start, end)
    return Firmware(
        "unknown",
        Confidence.UNKNOWN,
        sdk=_sdk(data, start, end),
        boot=_boot(data),
        evidence=_of_any_sdk(data, start, end),
    )


def _without_firmware(layout: Layout) -> Firmware | None:
    if layout.kind in (FileKind.BLANK, FileKind.EMPTY):
        return Firmware(
            "none: there is nothing in it", Confidence.PROVEN, evidence=(Evidence(None, layout.kind.value),)
        )
    if layout.kind is FileKind.OTHER_CHIP:
        return Firmware("not for an ESP8266", Confidence.PROVEN, evidence=tuple(Evidence(0, n) for n in layout.notices))
    return None


def _program(layout: Layout) -> tuple[int, int]:
    """Where the program that runs lies; the largest one if that is not known, all bytes if there is none."""
    named = [region for region in layout.regions if layout.runs and region.name == layout.runs]
    if named:
        return named[0].start, named[-1].end
    largest = max(layout.images, key=lambda image: image.end - image.at, default=None)
    return (largest.at, largest.end) if largest else (0, layout.size)


def _evidence(data: bytes, layout: Layout, signature: Signature, start: int, end: int) -> Iterator[Evidence]:
    """What speaks for a firmware; nothing unless its layout fits, and only what has a place counts."""
    if signature.families and layout.family not in (*signature.families, Family.NONE):
        return
    if layout.family is not Family.NONE:
        yield Evidence(None, f"started by {layout.family.value}")
    makers = [image for image in layout.images if signature.maker and image.maker == signature.maker and image.is_sound]
    for image in makers:
        yield Evidence(image.at, f"the image is built and checked as {signature.maker}'s are")
    if signature.record:
        for record in layout.records:
            if record.name.startswith(signature.record) and record.fields:
                yield Evidence(record.at, f"{record.name}: {record.note}" if record.note else record.name)
    for word in signature.words:
        at = data.find(word, start, end)
        if at >= 0:
            yield Evidence(at, f"{WORDS} “{word.decode('ascii')}”")


def _has_words(evidence: tuple[Evidence, ...]) -> bool:
    return any(found.text.startswith(WORDS) for found in evidence)


def _has_place(evidence: tuple[Evidence, ...]) -> bool:
    return any(found.at is not None for found in evidence)


def _named(
    data: bytes, layout: Layout, signature: Signature, evidence: tuple[Evidence, ...], start: int, end: int
) -> Firmware:
    version, sure, why = _version(data, layout, signature, start, end)
    return Firmware(
        name=signature.name,
        confidence=_confidence(signature, evidence),
        version=version,
        version_confidence=sure,
        model=_model(layout),
        sdk=_sdk(data, start, end),
        boot=_boot(data),
        evidence=(*evidence, *why),
    )


def _confidence(signature: Signature, evidence: tuple[Evidence, ...]) -> Confidence:
    """Proven by a record or a format of its own together with words; likely by words alone."""
    words = sum(found.text.startswith(WORDS) for found in evidence)
    records = sum(found.at is not None for found in evidence) - words
    if signature.is_weak:
        return Confidence.LIKELY if words and any(found.at is None for found in evidence) else Confidence.GUESS
    if words and records:
        return Confidence.PROVEN
    return Confidence.LIKELY if words else Confidence.GUESS


def _version(
    data: bytes, layout: Layout, signature: Signature, start: int, end: int
) -> tuple[str, Confidence, tuple[Evidence, ...]]:
    if signature.version and (found := signature.version.search(data, start, end)):
        return found[1].decode("ascii"), Confidence.PROVEN, (Evidence(found.start(1), f"version {found[1].decode()}"),)
    if signature.name == "Tasmota":
        saved = newest(layout.records)
        if saved:
            text = f"its newest settings were written by version {saved.facts['version']}"
            return saved.facts["version"], Confidence.LIKELY, (Evidence(saved.at, text),)
    if signature.name.startswith("stock"):
        return _stock_version(data, start, end)
    return "", Confidence.UNKNOWN, ()


def _stock_version(data: bytes, start: int, end: int) -> tuple[str, Confidence, tuple[Evidence, ...]]:
    """The first text that is a version and nothing else: libraries' own come behind it in the images known."""
    found = list(ALONE.finditer(data, start, end))
    if not found:
        return "", Confidence.UNKNOWN, ()
    version = found[0][1].decode("ascii")
    evidence = tuple(Evidence(one.start(1), f"a text that is a version alone, {one[1].decode()}") for one in found[:4])
    return version, Confidence.LIKELY if len(found) == 1 else Confidence.GUESS, evidence


def _model(layout: Layout) -> str:
    codes = [record.facts["model"] for record in layout.records if record.facts.get("model")]
    if not codes:
        return ""
    return f"{codes[0]} ({MODELS[codes[0]]})" if codes[0] in MODELS else codes[0]


def _sdk(data: bytes, start: int, end: int) -> str:
    version, compiled = SDK.search(data, start, end), COMPILED.search(data, start, end)
    words = [version[1].decode("ascii")] if version else []
    if compiled:
        words.append("compiled " + " ".join(compiled[1].decode("ascii").split()))
    return ", ".join(words)


def _boot(data: bytes) -> str:
    found = BOOT_VERSION.search(data, 0, 0x1000)
    return found[1].decode("ascii") if found else ""


def _of_any_sdk(data: bytes, start: int, end: int) -> tuple[Evidence, ...]:
    words = (b"Firmware ONLY supports ESP8266", b"phy ver: %d")
    found = ((data.find(word, start, end), word) for word in words)
    return tuple(Evidence(at, f"the words “{word.decode()}”: some ESP8266 SDK") for at, word in found if at >= 0)
