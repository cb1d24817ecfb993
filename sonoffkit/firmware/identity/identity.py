"""Which firmware it is, with the evidence: what lies where first, words in it second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ..layout import Layout
from ..layout.file_kind import FileKind
from ..layout.find import Family
from ..layout.running import boot_version
from ..records.stock import MODELS
from ..records.tasmota import newest
from .signatures import SIGNATURES, Signature
from .stock_version import stock_version

__all__ = ["Confidence", "Evidence", "Firmware", "identify_firmware"]

# As the SDK prints itself: "2.0.0(5a875ba)", "1.5.4.1(39cb9a32)", "3.0.6-dev(072755c)".
SDK = re.compile(rb"(?<![\w.])(\d\.\d\.\d(?:\.\d)?(?:-[a-z]+)?\([0-9a-f]{7,8}\))")
COMPILED = re.compile(rb"SDK ver: ?%s compiled @ ?([A-Z][a-z]{2} +\d{1,2} \d{4})")
WORDS = "the words"


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
    nothing = _without_firmware(layout, boot_version(data))
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
        boot=boot_version(data),
        evidence=_of_any_sdk(data, start, end),
    )


def _without_firmware(layout: Layout, boot: str) -> Firmware | None:
    if layout.kind in (FileKind.BLANK, FileKind.EMPTY):
        return Firmware(
            "none: there is nothing in it", Confidence.PROVEN, evidence=(Evidence(None, layout.kind.value),)
        )
    if layout.kind is FileKind.OTHER_CHIP:
        return Firmware("not for an ESP8266", Confidence.PROVEN, evidence=tuple(Evidence(0, n) for n in layout.notices))
    if boot and len(layout.images) == 1 and layout.images[0].at == 0:
        why = Evidence(0, f"the boot loader's own words, version {boot}; no program was found behind it")
        return Firmware("Espressif's boot loader, without a program", Confidence.LIKELY, boot=boot, evidence=(why,))
    return None


def _program(layout: Layout) -> tuple[int, int]:
    """Where the program that runs lies; the largest one if that is not known, all bytes if there is none."""
    runs = next((region.start for region in layout.regions if layout.runs and region.name == layout.runs), None)
    named = next((image for image in layout.images if image.at == runs), None)
    image = named or max(layout.images, key=lambda image: image.end - image.at, default=None)
    return (image.at, image.end) if image else (0, layout.size)


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
    if version and not layout.runs and len(layout.images) > 1:
        sure = Confidence.GUESS
        why = (*why, Evidence(start, "which program starts is not known; this is about the largest one"))
    confidence = _confidence(signature, evidence)
    return Firmware(
        name=signature.name,
        confidence=confidence,
        version=version,
        version_confidence=max(sure, confidence, key=list(Confidence).index),
        model=_model(layout),
        sdk=_sdk(data, start, end),
        boot=boot_version(data),
        evidence=(*evidence, *why),
    )


def _confidence(signature: Signature, evidence: tuple[Evidence, ...]) -> Confidence:
    """Proven by a record or a format of its own together with words; likely by words alone, or by the format."""
    words = sum(found.text.startswith(WORDS) for found in evidence)
    records = sum(found.at is not None for found in evidence) - words
    if signature.is_weak:
        return Confidence.LIKELY if words and any(found.at is None for found in evidence) else Confidence.GUESS
    if words and records:
        return Confidence.PROVEN
    return Confidence.LIKELY if words or signature.maker else Confidence.GUESS


def _version(
    data: bytes, layout: Layout, signature: Signature, start: int, end: int
) -> tuple[str, Confidence, tuple[Evidence, ...]]:
    if signature.version and (found := signature.version.search(data, start, end)):
        version = found[1].decode("ascii")
        return version, Confidence.PROVEN, (Evidence(found.start(1), f"it calls itself version {version}"),)
    if signature.name == "Tasmota":
        saved = newest(layout.records)
        if saved:
            text = f"its newest settings were written by version {saved.facts['version']}"
            return saved.facts["version"], Confidence.LIKELY, (Evidence(saved.at, text),)
    if signature.name.startswith("stock"):
        told = stock_version(data, start, end, _sdk(data, start, end))
        evidence = tuple(Evidence(at, text) for at, text in told.reasons)
        sure = Confidence.LIKELY if told.is_supported else Confidence.GUESS
        return told.version, sure if told.version else Confidence.UNKNOWN, evidence
    return "", Confidence.UNKNOWN, ()


def _model(layout: Layout) -> str:
    """The model in the maker's settings: in the copy that counts, if their flag says which."""
    flag = layout.record("settings flag")
    counts = f"settings {flag.facts['copy in use']}" if flag else ""
    records = sorted(layout.records, key=lambda record: record.name != counts)
    code = next((record.facts["model"] for record in records if record.facts.get("model")), "")
    return f"{code} ({MODELS[code]})" if code in MODELS else code


def _sdk(data: bytes, start: int, end: int) -> str:
    version, compiled = SDK.search(data, start, end), COMPILED.search(data, start, end)
    words = [version[1].decode("ascii")] if version else []
    if compiled:
        words.append("compiled " + " ".join(compiled[1].decode("ascii").split()))
    return ", ".join(words)


def _of_any_sdk(data: bytes, start: int, end: int) -> tuple[Evidence, ...]:
    words = (b"Firmware ONLY supports ESP8266", b"phy ver: %d")
    found = ((data.find(word, start, end), word) for word in words)
    return tuple(Evidence(at, f"the words “{word.decode()}”: some ESP8266 SDK") for at, word in found if at >= 0)
