// Where things are in the drawing, in its own units.

const WIDTH = 920;
const HEIGHT = 524;
const HEIGHT_USB = 316; // without an adapter
const ADAPTER_PINS = ["3V3", "RX", "TX", "GND"];
const ADAPTER = { x: 250, y: 50, width: 168, height: 370, pin: 398 };
const BOARD = { x: 660, y: 22, width: 246, height: 414, pin: 690 };
const PLUG = 20; // from a pin to the end of the connector on it

function row(number) {
  return 216 + 46 * number;
}

/** Where the pin of a name such as "adapter TX" is. */
function placeOf(name, board) {
  const [side, pin] = name.split(" ");
  if (side === "adapter") return [ADAPTER.pin, row(ADAPTER_PINS.indexOf(pin))];
  return [BOARD.pin, row(board.pins.findIndex((each) => each.role === pin))];
}

/** Where to look first, as a share of the width: between the two rows of pins, or at a board without an adapter. */
function middleOf(board) {
  return board.usbOnly ? 0.75 : (ADAPTER.pin + BOARD.pin) / 2 / WIDTH;
}

/** A point of a cubic curve, and its whole path. */
class Curve {
  constructor(...points) {
    this.points = points;
  }

  get d() {
    const [[x, y], ...rest] = this.points;
    return `M${x} ${y}C${rest.map((point) => point.join(" ")).join(" ")}`;
  }

  at(t) {
    const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
    return [0, 1].map((axis) => this.points.reduce((sum, point, n) => sum + weights[n] * point[axis], 0));
  }
}

/** From pin to pin; long wires hang. */
function wireCurve([x, y], [toX, toY], isLong) {
  const sag = isLong ? 92 : 0;
  const reach = isLong ? 66 : 104;
  const [start, end] = [x + PLUG, toX - PLUG];
  return new Curve([start, y], [start + reach, y + sag], [end - reach, toY + sag], [end, toY]);
}

/** From the adapter's TX to its own RX. */
function loopCurve() {
  const [rx, tx] = ["RX", "TX"].map((pin) => row(ADAPTER_PINS.indexOf(pin)));
  const x = ADAPTER.pin + PLUG;
  return new Curve([x, rx], [x + 120, rx - 26], [x + 120, tx + 26], [x, tx]);
}
