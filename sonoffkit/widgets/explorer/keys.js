// The keyboard: one table of what each key does, and the help line made of it.

const HELP = [
  ["← ↑ ↓ →", "move"], ["Shift", "select"], ["PgUp PgDn", "page"], ["Home End", "ends"], ["+ −", "zoom"],
  ["0", "whole"], ["g", "go to"], ["/", "find"], ["n N", "hits"],
];
const HELP_DIFFERENCES = [["d D", "differences"]];
const HELP_LAST = [["Esc", "clear"]];

function helpLine(state) {
  const items = [...HELP, ...(state.second ? HELP_DIFFERENCES : []), ...HELP_LAST];
  const parts = items.map(([keys, does]) => make("span", "", {}, [make("kbd", "", { text: keys }), ` ${does}`]));
  parts.push(make("span", "", { text: "drag selects · wheel scrolls · Ctrl + wheel zooms · Alt + drag moves · double click zooms in" }));
  return make("div", "fx-help", {}, parts);
}

/** Keys inside the explorer; they never reach the notebook, but what Ctrl, Alt and Command do stays theirs. */
function listenToKeys(root, { state, hexView, toolbar, map }) {
  const step = () => (root.querySelector(".fx-hex").contains(document.activeElement)
    ? { unit: 1, row: hexView.perRow, page: hexView.page }
    : { unit: state.geometry.perCell, row: state.geometry.perRow, page: state.geometry.perRow * Math.max(1, state.geometry.rows - 1) });
  const move = (amount) => (event) => {
    const { unit } = step();
    const from = state.isSelected ? state.cursor + amount(step()) : state.geometry.top;
    state.point(Math.floor(clamp(from, 0, Math.max(0, state.size - 1)) / unit) * unit, unit, event.shiftKey);
  };
  const to = (address) => (event) => {
    const { unit } = step();
    state.point(Math.floor(Math.max(0, address()) / unit) * unit, unit, event.shiftKey);
  };
  const focus = (field) => () => {
    field.focus();
    field.select();
  };
  const actions = {
    ArrowLeft: move(({ unit }) => -unit), ArrowRight: move(({ unit }) => unit),
    ArrowUp: move(({ row }) => -row), ArrowDown: move(({ row }) => row),
    PageUp: move(({ page }) => -page), PageDown: move(({ page }) => page),
    Home: to(() => 0), End: to(() => state.size - 1),
    "+": () => state.zoom(-1), "=": () => state.zoom(-1), "-": () => state.zoom(1), 0: () => state.fit(),
    g: focus(toolbar.goTo), "/": focus(toolbar.find),
    n: () => state.nextHit(1), N: () => state.nextHit(-1),
    d: () => state.nextDifference(1), D: () => state.nextDifference(-1),
    Escape: () => state.clear(),
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation();
    const typing = event.target.matches("input, select");
    if (typing && (event.key === "Escape" || (event.key === "Enter" && event.target.matches("input")))) map.focus();
    if (typing || event.key === "Tab" || (event.target.matches("button") && [" ", "Enter"].includes(event.key))) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  });
}
