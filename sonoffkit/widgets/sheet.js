// What a box needs of the page beside its look: its keys.

// The notebook takes a key that is pressed in an output for one of its shortcuts: an arrow goes to the next cell,
// x cuts the cell away. Tab and Escape lead out of the box, and Shift+Enter runs its cell again.
function isForTheBox(event) {
  const goesOn = event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter");
  return !goesOn && !["Tab", "Escape"].includes(event.key);
}

// ipywidgets' folded parts open by mouse only.
const FOLDED = '[class*="Collapse-header"]';

function openByKey(event) {
  if (!event.target.matches(FOLDED) || !["Enter", " "].includes(event.key)) return;
  event.preventDefault();
  event.target.click();
}

function nameTheFolded(box) {
  for (const head of box.querySelectorAll(FOLDED)) {
    const isOpen = String(/Collapse-open/.test(head.parentElement.className));
    if (head.getAttribute("aria-expanded") === isOpen) continue;
    head.tabIndex = 0;
    head.setAttribute("role", "button");
    head.setAttribute("aria-expanded", isOpen);
  }
}

// ipywidgets puts no-break spaces into a list, and a narrow one then breaks words in their middle.
function breakBetweenWords(box) {
  for (const option of box.querySelectorAll("select[size] option")) {
    const words = option.textContent;
    if (words.includes("\u00a0")) option.textContent = words.replaceAll("\u00a0", " ");
  }
}

// Someone who hears the page is told where a box begins, and which.
function nameTheBox(box) {
  const title = box.querySelector(".sk-title")?.parentElement.innerText.trim();
  if (!title || box.getAttribute("aria-label") === title) return;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
}

function render({ el }) {
  let later = 0;
  let watcher = null;
  const begin = () => {
    const box = el.closest(".sk-box");
    if (!box) {
      later = setTimeout(begin, 20); // it is put into the box only after this
      return;
    }
    box.addEventListener("keydown", (event) => {
      openByKey(event);
      if (isForTheBox(event)) event.stopPropagation();
    });
    const nameAll = () => {
      nameTheFolded(box);
      nameTheBox(box);
      breakBetweenWords(box);
    };
    watcher = new MutationObserver(nameAll);
    watcher.observe(box, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
    nameAll();
  };
  begin();
  return () => {
    clearTimeout(later);
    watcher?.disconnect();
  };
}
export default { render };
