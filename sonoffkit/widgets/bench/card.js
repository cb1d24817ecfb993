// The card that says what would have happened, had this been real.

class Card {
  constructor(send) {
    this.title = make("h3", "pb-card-title", { id: `pb-card-${Card.count}` });
    this.would = make("p");
    this.safe = make("p", "pb-safe");
    this.instead = make("p");
    this.close = make("button", "pb-control pb-main", { type: "button", text: "Understood" });
    this.close.addEventListener("click", () => send("close"));
    this.element = make("div", "pb-card", { role: "alertdialog", "aria-labelledby": this.title.id, "aria-describedby": `pb-would-${Card.count}`, hidden: true }, [
      make("div", "", { id: `pb-would-${Card.count}` }, [this.title, this.would, this.safe, this.instead]), this.close,
    ]);
    Card.count += 1;
    this.number = 0;
  }

  show({ card, number }) {
    const isNew = card && number !== this.number;
    this.number = number;
    this.element.hidden = !card;
    if (!card) return this._giveBack();
    this.element.classList.toggle("pb-danger", card.danger);
    setText(this.title, card.title);
    setText(this.would, `${card.danger ? "What would have happened: " : ""}${card.would}`);
    setText(this.safe, card.danger ? "Nothing happened: this is practice, and it was put back." : "Nothing was changed.");
    setText(this.instead, card.instead);
    if (isNew && this.isActive()) {
      this.before ||= document.activeElement;
      this.close.focus({ preventScroll: true });
      this.element.scrollIntoView?.({ block: "nearest" });
    }
  }

  /** Only in the view where the person is: a notebook may show the same bench twice. */
  isActive() {
    return Boolean(this.element.closest(".pb")?.contains(document.activeElement));
  }

  _giveBack() {
    if (this.before?.isConnected) this.before.focus({ preventScroll: true });
    this.before = null;
  }
}
Card.count = 1;
