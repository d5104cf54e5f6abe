// What / @ and # offer under the caret: a list that the keyboard walks while the text keeps the focus (PL-202).
import { $, $$ } from "./page.js";

const SIGNS = [/(?:^|\n)(\/)([\w ]*)$/, /(?:^|\s)([@#])([\p{L}\p{N}._-]*)$/u];
const area = () => $("#composer-text");
let word = null, timer = 0;

export function complete() {
  clearTimeout(timer);
  timer = setTimeout(ask, 80);
}

function typed() {
  const before = area().value.slice(0, area().selectionStart);
  const match = SIGNS.map((sign) => before.match(sign)).find(Boolean);
  return match && { sign: match[1], q: match[2], start: before.length - match[2].length - 1, end: before.length };
}

async function ask() {
  const mine = (word = area() && typed());
  if (!mine) return close();
  const query = new URLSearchParams({ sign: mine.sign, q: mine.q, ticket: $("#thread")?.dataset.ticket ?? "", mode: $("#mode-note")?.checked ? "note" : "reply" });
  const answer = await fetch(`${area().form.dataset.complete}?${query}`).catch(() => null);
  if (mine !== word || !answer?.ok) return;
  const { results } = await answer.json();
  if (mine !== word) return;
  close();
  word = mine;
  if (results.length) open(results);
}

function open(results) {
  const list = Object.assign(document.createElement("div"), { className: "complete", id: "complete-list" });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", area().form.dataset.offers);
  list.append(...results.map((found, index) => {
    const option = Object.assign(document.createElement("div"), { id: `complete-${index}` });
    option.setAttribute("role", "option");
    option.insert = found.insert;
    option.append(Object.assign(document.createElement("b"), { textContent: found.name }), Object.assign(document.createElement("span"), { className: "faint cut", textContent: found.about ?? "" }));
    return option;
  }));
  area().form.append(list);
  area().setAttribute("aria-controls", list.id);
  mark(0);
}

function close() {
  word = null;
  $(".complete")?.remove();
  for (const name of ["aria-controls", "aria-activedescendant"]) area()?.removeAttribute(name);
}

const options = () => $$(".complete [role=option]");
function mark(index) {
  options().forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
  options()[index]?.scrollIntoView({ block: "nearest" });
  area().setAttribute("aria-activedescendant", options()[index]?.id ?? "");
}

function take(option) {
  area().setRangeText(option.insert, word.start, word.end, "end");
  close();
  area().dispatchEvent(new Event("input", { bubbles: true }));
  area().focus();
}

document.addEventListener("keydown", (event) => {
  if (event.target !== area() || !$(".complete") || event.ctrlKey || event.metaKey || event.isComposing) return;
  const all = options(), at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") mark((at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length);
  else if ((event.key === "Enter" || event.key === "Tab") && all[at]) take(all[at]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest(".complete [role=option]");
  if (option) { event.preventDefault(); take(option); }
});
document.addEventListener("focusout", (event) => event.target === area() && close());
document.addEventListener("input", (event) => event.target === area() && complete());
