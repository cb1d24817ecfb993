"""What a page of outputs looks like to axe-core, to a ruler and to somebody who wants no motion."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

__all__ = [
    "LIGHT_AND_DARK", "SCROLL_TO", "cut_off", "moving", "overlapping", "scroll_through", "serious", "settle",
    "switch_theme",
]  # fmt: skip

LIGHT_AND_DARK = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
OUTPUTS = ".jp-OutputArea-output"
THEME = "theme => { window.jupyterapp.commands.execute('apputils:change-theme', { theme }) }"
# JupyterLab's body has no height and hides what overflows: to axe-core, nothing on the page would be visible.
BODY_AS_HIGH_AS_THE_WINDOW = "() => { document.body.style.height = '100vh' }"
HEIGHTS = """() => { const all = document.querySelector('.jp-WindowedPanel-outer');
  return [all.scrollHeight, all.clientHeight]; }"""
SCROLL_TO = "top => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = top }"
QUIET = """() => {
  if (!window.looking) {
    window.looking = { last: performance.now() };
    new MutationObserver(() => { window.looking.last = performance.now(); }).observe(
      document.querySelector('.jp-Notebook'),
      { subtree: true, childList: true, attributes: true, characterData: true });
  }
  return performance.now() - window.looking.last > 600;
}"""
# What a browser scrolls, or hides from the eye, is not cut off.
RULER = """
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
  && !element.closest('.fx-spoken, .jp-mod-hidden');
const named = (element) => {
  const words = (element.innerText || element.textContent || '').trim().replace(/\\s+/g, ' ').slice(0, 60);
  const names = typeof element.className === 'string' ? element.className : element.className.baseVal;
  return `${element.tagName.toLowerCase()}.${names.trim().replace(/\\s+/g, '.')}: ${words}`;
};
"""
CUT_OFF = (
    "([outputs, meant, scrolled]) => {"
    + RULER
    + """
  const found = [];
  for (const output of document.querySelectorAll(outputs)) {
    if (output.scrollWidth > output.clientWidth + 1) found.push(`wider than its cell: ${named(output)}`);
    const right = output.getBoundingClientRect().right;
    for (const one of output.querySelectorAll('*')) {
      if (!shown(one) || one.matches(meant) || one.closest('svg')) continue;
      const style = getComputedStyle(one);
      const inScroller = one.parentElement.closest(scrolled);
      if (style.display !== 'inline' && one.clientWidth && one.scrollWidth > one.clientWidth + 1
          && !one.matches(scrolled)) {
        found.push(`${one.scrollWidth} in ${one.clientWidth} px: ${named(one)}`);
      }
      if (style.overflowY === 'hidden' && one.clientHeight > 1 && one.scrollHeight > one.clientHeight + 2) {
        found.push(`${one.scrollHeight} in ${one.clientHeight} px high: ${named(one)}`);
      }
      if (!inScroller && one.getBoundingClientRect().right > right + 1) found.push(`sticks out: ${named(one)}`);
    }
  }
  return found;
}"""
)
OVERLAPPING = (
    "(outputs) => {"
    + RULER
    + """
  const found = [];
  for (const output of document.querySelectorAll(outputs)) {
    const words = [];
    const walk = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode;
      const holder = text.parentElement;
      if (!text.data.trim() || !shown(holder) || holder.closest('style, select, textarea, title, desc')) continue;
      const card = holder.closest('.pb-stage')?.querySelector('.pb-card'); // it covers the drawing, and is to
      if (card && shown(card) && !card.contains(holder)) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      let clip = null;
      for (let up = holder; up !== output; up = up.parentElement) {
        if (getComputedStyle(up).overflow !== 'visible' && !(up instanceof SVGElement)) {
          const box = up.getBoundingClientRect();
          clip = clip ? { top: Math.max(clip.top, box.top), bottom: Math.min(clip.bottom, box.bottom),
            left: Math.max(clip.left, box.left), right: Math.min(clip.right, box.right) } : box;
        }
      }
      for (const box of range.getClientRects()) {
        const one = { text, top: box.top, bottom: box.bottom, left: box.left, right: box.right };
        if (clip) {
          one.top = Math.max(one.top, clip.top); one.bottom = Math.min(one.bottom, clip.bottom);
          one.left = Math.max(one.left, clip.left); one.right = Math.min(one.right, clip.right);
        }
        // Letters fill about the middle of a line's box.
        const spare = (one.bottom - one.top) / 5;
        one.top += spare; one.bottom -= spare;
        if (one.bottom - one.top > 1 && one.right - one.left > 1) words.push(one);
      }
    }
    words.sort((a, b) => a.top - b.top);
    words.forEach((one, n) => {
      for (let m = n + 1; m < words.length && words[m].top < one.bottom - 1; m++) {
        const other = words[m];
        if (other.text !== one.text && Math.min(one.right, other.right) - Math.max(one.left, other.left) > 2
            && Math.min(one.bottom, other.bottom) - other.top > 1) {
          found.push(`"${one.text.data.trim().slice(0, 40)}" over "${other.text.data.trim().slice(0, 40)}"`);
        }
      }
    });
  }
  return found;
}"""
)
MOVING = (
    "(outputs) => {"
    + RULER
    + """
  const found = [];
  for (const output of document.querySelectorAll(outputs)) {
    for (const one of output.querySelectorAll('*')) {
      const style = getComputedStyle(one);
      const slow = style.transitionDuration.split(',').some((time) => parseFloat(time) > 0.001);
      if (style.animationName !== 'none' || slow) found.push(named(one));
    }
  }
  return found;
}"""
)
# Cut short on purpose: the whole text is in its tooltip, or beside it once it is chosen.
SCROLLED = "pre, .sk-scrolls, .sk-picture, select, .fx-list, .pb-scroll"
MEANT = ".fx-name, .fx-note, .fx canvas"


def settle(page: Page) -> None:
    """Wait until the outputs no longer change."""
    page.wait_for_function(QUIET, timeout=60_000)


def switch_theme(page: Page, name: str) -> None:
    """Light or dark, as the Settings menu does it."""
    page.evaluate(THEME, LIGHT_AND_DARK[name])
    page.locator(f"body[data-jp-theme-name='{LIGHT_AND_DARK[name]}']").wait_for(state="attached")
    page.locator("#jupyterlab-splash").wait_for(state="detached")  # it lies over the page


def serious(page: Page, scope: str = OUTPUTS) -> list[str]:
    """What axe-core calls serious or critical in the outputs, a line for each element."""
    page.evaluate(BODY_AS_HIGH_AS_THE_WINDOW)
    lines, texts = [], 0
    for top in scroll_through(page):
        page.evaluate(SCROLL_TO, top)
        response = Axe().run(page, {"include": [[scope]]}, {"resultTypes": ["violations", "passes"]}).response
        lines += [line for found in response["violations"] for line in _lines(found)]
        texts += sum(len(found["nodes"]) for found in response["passes"] if found["id"] == "color-contrast")
    fields = page.locator(scope).locator("input, select, textarea").count()
    assert texts > fields, "axe-core saw no text, but fields"
    return list(dict.fromkeys(lines))


def scroll_through(page: Page) -> range:
    """Where to scroll to, to see all of the notebook, window by window."""
    whole, seen = page.evaluate(HEIGHTS)
    return range(0, int(whole), max(int(seen) - 100, 100))


def _lines(found: dict[str, Any]) -> list[str]:
    if found["impact"] not in ("serious", "critical"):
        return []
    return [f"{found['id']}: {node['html'][:200]} ({node['failureSummary'][:300]})" for node in found["nodes"]]


def cut_off(page: Page) -> list[str]:
    """What does not fit into its place in the outputs."""
    return list(dict.fromkeys(page.evaluate(CUT_OFF, [OUTPUTS, MEANT, SCROLLED])))


def overlapping(page: Page) -> list[str]:
    """Words that lie over other words in the outputs."""
    return list(dict.fromkeys(page.evaluate(OVERLAPPING, OUTPUTS)))


def moving(page: Page) -> list[str]:
    """What moves although no motion is wanted."""
    return list(dict.fromkeys(page.evaluate(MOVING, OUTPUTS)))
