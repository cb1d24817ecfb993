"""The field in which a person types the end of a MAC, alive while the cell waits."""

from __future__ import annotations

from collections.abc import Callable

import anywidget
import traitlets

__all__ = ["ConfirmField"]

# Not an ipywidgets Text: while a cell awaits, JupyterLab sends a widget's first
# change of value and holds back the next ones until the cell has ended (each
# update waits for the kernel's "idle" for the one before). Messages of a
# widget's own are not held back, as a button's click is not.
ESM = """
function render({ model, el }) {
  const label = document.createElement("label");
  const field = document.createElement("input");
  const button = document.createElement("button");
  const answer = document.createElement("span");
  label.textContent = model.get("label") + " ";
  field.type = "text"; field.size = 8; field.maxLength = 17; field.autocomplete = "off"; field.spellcheck = false;
  button.textContent = "Confirm";
  button.className = "jupyter-button";
  answer.setAttribute("role", "status");
  label.append(field);
  el.append(label, button, answer);
  const send = () => {
    answer.textContent = "";
    model.send({ typed: field.value });
    field.value = "";  // what was typed once must not confirm the next run, too
  };
  field.addEventListener("keydown", event => {
    event.stopPropagation();  // or the notebook takes the letters for its shortcuts
    if (event.key === "Enter") send();
  });
  button.addEventListener("click", send);
  model.on("msg:custom", message => { answer.textContent = message.answer; field.focus(); });
}
export default { render };
"""
CSS = """
.sk-confirm { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; margin: 6px 2px; }
.sk-confirm .jupyter-button { background: #b3261e; color: #fff; font-weight: 600; }
.sk-confirm input { font: inherit; padding: 3px 6px; border: 1px solid var(--jp-border-color1, #888);
  background: var(--jp-layout-color1, #fff); color: var(--jp-ui-font-color1, #222); }
"""


class ConfirmField(anywidget.AnyWidget):
    """Hands what was typed to ``accept``, and says so where that answers False."""

    _esm = ESM
    _css = CSS
    label = traitlets.Unicode("Last four letters and digits of its MAC:").tag(sync=True)

    def __init__(self, accept: Callable[[str], bool]) -> None:
        super().__init__()
        self._accept = accept
        self.add_class("sk-confirm")
        self.on_msg(self._typed)

    def _typed(self, _widget: object, content: dict[str, object], _buffers: object) -> None:
        typed = str(content.get("typed", ""))
        if typed and not self._accept(typed):
            self.send({"answer": "That is not the end of its MAC. Nothing was done."})
