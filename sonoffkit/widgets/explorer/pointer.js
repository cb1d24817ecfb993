// The mouse, the pen and the finger: hover, drag, wheel, on the map, the strip and the hex view.

const EDGE_SCROLL_MS = 60;

function listenToMap(map, state) {
  const { element } = map;
  let drag = null;
  const placeOf = (event, nearest) => {
    const box = element.getBoundingClientRect();
    return map.placeAt(event.clientX - box.left, event.clientY - box.top, nearest);
  };
  const extend = () => {
    const place = placeOf(drag.event, true);
    const box = element.getBoundingClientRect();
    const beyond = drag.event.clientY < box.top ? -1 : drag.event.clientY > box.bottom ? 1 : 0;
    if (beyond) state.scrollTo(state.geometry.top + beyond * 2 * state.geometry.perRow);
    if (place) state.point(place.address, state.geometry.perCell, true);
  };
  element.addEventListener("pointerdown", (event) => {
    const place = placeOf(event);
    element.focus({ preventScroll: true });
    if (!place || event.button > 1) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    if (event.button === 1 || event.altKey) {
      drag = { panFrom: event.clientY, top: state.geometry.top };
      return;
    }
    drag = { event, timer: setInterval(() => drag && extend(), EDGE_SCROLL_MS) };
    state.point(place.address, state.geometry.perCell, event.shiftKey);
  });
  element.addEventListener("pointermove", (event) => {
    if (drag?.event) {
      drag.event = event;
      extend();
    } else if (drag) {
      const rows = Math.round((drag.panFrom - event.clientY) / state.geometry.cellHeight);
      state.scrollTo(drag.top + rows * state.geometry.perRow);
    }
    const place = placeOf(event);
    state.setHover(place ? place.address : null, place ? place.which : 0);
  });
  const end = () => {
    clearInterval(drag?.timer);
    drag = null;
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener("pointerleave", () => state.setHover(null));
  element.addEventListener("dblclick", (event) => {
    const place = placeOf(event);
    if (place) state.zoom(-2, place.address);
  });
  listenToWheel(element, (event, pixels) => {
    if (event.ctrlKey || event.metaKey) {
      const place = placeOf(event, true);
      if (place) state.zoom(Math.sign(event.deltaY), place.address);
      return true;
    }
    const before = state.geometry.top;
    state.scrollTo(before + rowsOf(pixels, state.geometry.cellHeight) * state.geometry.perRow);
    return state.geometry.top !== before || document.activeElement === element;
  });
}

function listenToStrip(strip, state) {
  const { element } = strip;
  let dragging = false;
  const at = (event) => {
    const box = element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const look = (y) => {
    const address = strip.addressAt(y);
    const { geometry } = state;
    state.scrollTo(address - Math.floor(geometry.rows / 2) * geometry.perRow);
    return address;
  };
  element.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    const region = strip.labelAt(x, y);
    if (region) {
      state.select(region.start, region.end);
    } else if (state.size) {
      dragging = true;
      element.setPointerCapture(event.pointerId);
      const { perCell } = state.geometry;
      state.point(Math.floor(look(y) / perCell) * perCell, perCell, event.shiftKey);
    }
  });
  element.addEventListener("pointermove", (event) => {
    const [x, y] = at(event);
    if (dragging) look(y);
    const region = strip.labelAt(x, y);
    element.style.cursor = region ? "pointer" : "";
    if (state.size) state.setHover(region ? region.start : strip.addressAt(y), 0);
  });
  element.addEventListener("pointerup", () => (dragging = false));
  element.addEventListener("pointerleave", () => state.setHover(null));
}

function listenToHex(hexView, state) {
  const { element } = hexView;
  let dragging = false;
  element.addEventListener("pointerdown", (event) => {
    element.focus({ preventScroll: true });
    const place = hexView.addressOf(event.target);
    if (!place || event.button) return;
    event.preventDefault();
    dragging = true;
    state.point(place.address, 1, event.shiftKey);
  });
  element.addEventListener("pointermove", (event) => {
    const place = hexView.addressOf(event.target);
    if (dragging && !event.buttons) dragging = false;
    if (dragging && place) state.point(place.address, 1, true);
    state.setHover(place ? place.address : null, place ? place.which : 0);
  });
  element.addEventListener("pointerup", () => (dragging = false));
  element.addEventListener("pointerleave", () => state.setHover(null));
  listenToWheel(element, (event, pixels) => {
    const before = state.hexTop;
    hexView.scrollTo(before + rowsOf(pixels, ROW_HEIGHT) * hexView.perRow);
    return state.hexTop !== before || document.activeElement === element;
  });
}

/** The wheel belongs to the notebook until the explorer has the focus; with Ctrl it always zooms. */
function listenToWheel(element, turn) {
  element.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !element.contains(document.activeElement)) return;
    const pixels = event.deltaMode === 1 ? event.deltaY * 18 : event.deltaY;
    if (turn(event, pixels)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, { passive: false });
}

function rowsOf(pixels, height) {
  return Math.sign(pixels) * Math.max(1, Math.round(Math.abs(pixels) / height / 2));
}
