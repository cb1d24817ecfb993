"""The report as a page, and as lines for a terminal."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from sonoffkit.listing import listing
from sonoffkit.page import report_page, save_page
from sonoffkit.practice import MODELS
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.report import inspect_dump

MAC = bytes.fromhex("5ccf7f010203")
NETWORK = factory_network(MAC)
NAME = "5ccf7f010203-2026-11-22.bin"


@pytest.fixture(scope="module")
def report():
    return inspect_dump(factory_image(MODELS["basic"], MAC), NAME)


@pytest.fixture(scope="module")
def page(report):
    return report_page(report)


def words(page: str) -> str:
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def test_the_page_tells_what_it_is_what_lies_where_and_how_that_is_known(report, page):
    said = words(page)
    for region in report.layout.regions:
        assert f"{region.start:#x} {region.end:#x} {region.size:,}".replace(",", " ") + f" {region.name}" in said
    for evidence in report.firmware.evidence:
        assert str(evidence) in said
    for image in report.layout.images:
        for check in image.checks:
            assert f"{check.name} {check.at:#x} {check.stored} {check.computed} holds" in said


def test_the_page_holds_no_secret_and_no_identity(report, page):
    values = {s.text(reveal=True) for s in report.secrets} | {s.value.hex() for s in report.secrets}
    assert len(values) > 10
    assert [value for value in values if value.lower() in page.lower()] == []


def test_a_mac_in_the_files_name_is_masked_too(page):
    assert "5ccf7f" not in page.lower()
    assert words(page).startswith("••••-2026-11-22.bin")


def test_a_network_or_a_device_id_in_the_files_name_is_masked_in_the_pictures_too(report):
    found = {s.kind.value: s.text(reveal=True) for s in report.secrets}
    name = f"{found['Wi-Fi name']} {found['device id']} {found['Wi-Fi password']}.bin"
    page = report_page(replace(report, name=name))
    assert [word for word in name.removesuffix(".bin").split() if word in page] == []
    assert page.count("•••• •••• ••••.bin") == 4  # title, heading, and the words of both pictures


def test_the_page_needs_nothing_but_itself(page):
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*\"|@import|url\(|<script", page) == []


def test_pictures_have_their_words(page):
    assert len(re.findall(r'<img alt="[^"]{80,}" src="data:image/png;base64,', page)) == 2


def test_the_page_is_html_whatever_the_file_is_called(report):
    made = report_page(inspect_dump(report.data[:5000], '<b onload="x">.bin'))
    assert "<b onload" not in made


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xff" * 4096, b"\xe9" * 9999])
def test_any_file_has_a_page_and_a_listing(tmp_path, data):
    report = inspect_dump(data, "odd.bin")
    path = save_page(report, tmp_path / "odd.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert listing(report).startswith("odd.bin\n")


def test_a_listing_masks_secrets_unless_they_are_asked_for(report):
    assert NETWORK.ssid in listing(report)
    assert NETWORK.password not in listing(report)
    assert NETWORK.password in listing(report, reveal=True)


def test_a_listing_has_every_region(report):
    said = listing(report)
    for region in report.layout.regions:
        assert re.search(rf"{region.start:#08x}  {region.end:#08x}  {re.escape(region.name)} ", said)
