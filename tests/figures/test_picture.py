"""A picture shows itself, saves itself, and carries its words everywhere."""

from __future__ import annotations

import base64
import io
import xml.etree.ElementTree as ElementTree

import pytest
from PIL import Image

from sonoffkit.figures import Picture, byte_map, entropy
from sonoffkit.figures.page import Page
from sonoffkit.figures.style import drawing

ALT = 'A "map" of <this> & that. It is small.'
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture():
    with drawing():
        page = Page(2, 1)
        page.title("title", "subtitle")
    return Picture(page.figure, ALT)


def test_a_png_carries_its_words(picture, tmp_path):
    path = picture.save(tmp_path / "a.png")
    with Image.open(path) as image:
        assert image.size == (400, 200)
        assert image.text["Description"] == ALT
        assert image.text["Title"] == 'A "map" of <this> & that.'


def test_an_svg_carries_its_words(picture, tmp_path):
    root = ElementTree.parse(picture.save(str(tmp_path / "a.SVG"))).getroot()
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "title desc"
    assert root.find(f"{SVG}desc").text == ALT
    assert root.find(f"{SVG}title").text == 'A "map" of <this> & that.'


def test_another_ending_is_refused_and_nothing_is_written(picture, tmp_path):
    for name in ("a.jpg", "a", "a.png.txt"):
        with pytest.raises(
            ValueError, match=r"^A picture is saved as \.png or \.svg; the name 'a.*' ends in neither\.$"
        ):
            picture.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("draw", [entropy, byte_map, lambda report: byte_map(report, "hilbert", "region")])
def test_the_same_report_gives_the_same_svg_and_png(stock, draw):
    one, other = draw(stock), draw(stock)
    assert one.svg() == other.svg() == one.svg()
    assert one.png() == other.png()


def test_a_notebook_gets_an_image_with_its_words(picture):
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == ALT
    assert 'alt="A &quot;map&quot; of &lt;this&gt; &amp; that. It is small."' in bundle["text/html"]
    assert "overflow-x:auto" in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]
    Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).verify()
