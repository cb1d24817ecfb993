// Small helpers for elements of HTML and SVG.

const SVG = "http://www.w3.org/2000/svg";

function filled(element, className, attributes, children) {
  if (className) element.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

function make(tag, className = "", attributes = {}, children = []) {
  return filled(document.createElement(tag), className, attributes, children);
}

function draw(tag, className = "", attributes = {}, children = []) {
  return filled(document.createElementNS(SVG, tag), className, attributes, children);
}

function group(className, children, attributes = {}) {
  return draw("g", className, attributes, children);
}

function rect(className, x, y, width, height, rx = 2) {
  return draw("rect", className, { x, y, width, height, rx });
}

function circle(className, cx, cy, r) {
  return draw("circle", className, { cx, cy, r });
}

function path(className, d, attributes = {}) {
  return draw("path", className, { d, ...attributes });
}

function text(className, x, y, words, anchor = "middle") {
  return draw("text", className, { x, y, "text-anchor": anchor, text: words });
}

/** Something in the drawing that can be clicked, or pressed with Enter and Space. */
function knob(className, label, children, press) {
  const element = group(`pb-knob ${className}`, children, { role: "button", tabindex: 0, "aria-label": label });
  element.addEventListener("click", press);
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    if (!event.repeat) press(event);
  });
  return element;
}

/** The frame that shows where the keyboard is. */
function ring(x, y, width, height) {
  return rect("pb-ring", x, y, width, height, 8);
}

function setLabel(element, label, pressed = null) {
  if (element.getAttribute("aria-label") !== label) element.setAttribute("aria-label", label);
  if (pressed !== null) element.setAttribute("aria-pressed", String(pressed));
}

function setText(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
