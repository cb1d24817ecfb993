// Below the drawing: what can be done to plug, power and button, and the drawer of cables.

class Controls {
  constructor(board, send) {
    this.usb = this._button("pb-main", () => send(this.scene.plugged ? "unplug" : "plug"));
    this.power = this._button("", () => send(this.scene.powered ? "power off" : "power on"));
    this.hold = this._button("", () => send(this.scene.held ? "release" : "hold"));
    this.clear = this._button("", () => send("clear"));
    this.clear.textContent = "Take all wires off";
    this.bridge = board.bridge;
    this.cables = board.qualities.filter((each) => !board.usbOnly || ["short", "hub"].includes(each.name)).map((each) => {
      const element = this._button("pb-choice", () => send("cable", { name: each.name }));
      filled(element, "pb-control pb-choice", { title: each.about, text: each.title, "data-name": each.name }, []);
      return element;
    });
    const acts = [this.usb, this.power, this.hold, ...(board.usbOnly ? [] : [this.clear])];
    this.element = make("div", "pb-controls", {}, [
      make("div", "pb-row", { role: "group", "aria-label": "Plug, power and button" }, acts),
      make("div", "pb-row", { role: "group", "aria-label": "Cable and adapter" }, [make("span", "pb-quiet", { text: board.usbOnly ? "Cable:" : "Cable and adapter:" }), ...this.cables]),
    ]);
  }

  _button(className, click) {
    const element = make("button", `pb-control ${className}`, { type: "button" });
    element.addEventListener("click", click);
    return element;
  }

  show(scene) {
    this.scene = scene;
    setText(this.usb, scene.plugged ? "Unplug USB" : "Plug USB in");
    setText(this.power, scene.powered ? "Power off" : "Power on");
    setText(this.hold, this.bridge ? "Bridge on" : "Hold the button");
    this.hold.setAttribute("aria-pressed", String(scene.held));
    this.clear.disabled = !scene.wires.length && !scene.looped;
    for (const each of this.cables) each.setAttribute("aria-pressed", String(each.dataset.name === scene.quality));
  }
}

/** The hunt for a hidden fault: a list to choose from, and a check. */
class Hunt {
  constructor(board, send) {
    this.choice = make("select", "pb-control", { "aria-label": "What is wrong" }, [
      make("option", "", { value: "", text: "choose…" }),
      ...board.faults.map((fault) => make("option", "", { value: fault.name, text: fault.title })),
    ]);
    this.check = make("button", "pb-control", { type: "button", text: "Check" });
    this.check.addEventListener("click", () => this.choice.value && send("guess", { name: this.choice.value }));
    this.element = make("div", "pb-hunt", {}, [make("span", "", { text: "A fault is hidden here. What is wrong?" }), this.choice, this.check]);
  }

  show({ hides }) {
    this.element.hidden = !hides;
  }
}
