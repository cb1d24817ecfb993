// Small helpers for elements and canvases.

const MONO_FONT = "11px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const HEX_FONT = MONO_FONT.replace("11px", "12px"); // as the style sheet has it
const TEXT_FONT = "12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
const SMALL_FONT = "11px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";
const LARGEST_CANVAS = 4096;

function make(tag, className = "", attributes = {}, children = []) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function button(text, title, click, className = "") {
  const element = make("button", `fx-button ${className}`, { type: "button", title, "aria-label": title, text });
  element.addEventListener("click", click);
  return element;
}

/** A size in CSS pixels, crisp on any screen, but below what browsers allow. */
function sizeCanvas(canvas, width, height, ratio) {
  canvas.width = Math.min(LARGEST_CANVAS, Math.round(width * ratio));
  canvas.height = Math.min(LARGEST_CANVAS, Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

function screenRatio(width, height) {
  return Math.min(window.devicePixelRatio || 1, LARGEST_CANVAS / Math.max(width, height, 1));
}

function line(context, x, y, toX, toY) {
  context.moveTo(Math.round(x) + 0.5, Math.round(y) + 0.5);
  context.lineTo(Math.round(toX) + 0.5, Math.round(toY) + 0.5);
}

/** How wide a letter of a monospaced font is. */
function letterWidth(font) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = font;
  return context.measureText("0").width;
}

/** A text that fits into a width, with … where it was cut. */
function shortened(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let size = text.length;
  while (size > 1 && context.measureText(`${text.slice(0, size)}…`).width > width) size--;
  return `${text.slice(0, size).trimEnd()}…`;
}

function addressText(address, size) {
  return hex(address, Math.max(4, hex(Math.max(0, size - 1)).length + (hex(Math.max(0, size - 1)).length % 2)));
}

/** Calls at most once in a while, and always with the last state. */
function throttled(call, milliseconds) {
  let timer = null;
  let again = false;
  return function run() {
    if (timer) {
      again = true;
      return;
    }
    call();
    timer = setTimeout(() => {
      timer = null;
      if (again) run();
      again = false;
    }, milliseconds);
  };
}

/** Calls when nothing happened for a while. */
function settled(call, milliseconds) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
}
