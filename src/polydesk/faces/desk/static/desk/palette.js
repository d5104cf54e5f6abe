// The command palette: numbers, words, people, pages and commands in one box (PL-203).
import { $, $$, openDialog, toast } from "./page.js";

const dialog = $("#palette");
const box = $("input", dialog);
const list = $("[role=listbox]", dialog);
let timer, asked = 0, shownFor = null;

export function start() {
  shownFor = null;
  find();
}

const options = () => $$("[role=option]", list);
const chosen = () => $("[aria-selected=true]", list);

function choose(option) {
  chosen()?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  option ? box.setAttribute("aria-activedescendant", option.id) : box.removeAttribute("aria-activedescendant");
}

function line(found, index) {
  const node = document.createElement("div");
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", "false");
  node.id = `palette-${index}`;
  node.found = found;
  const name = Object.assign(document.createElement("span"), { className: "cut", textContent: found.name });
  node.append(name);
  if (found.about) node.append(Object.assign(document.createElement("span"), { className: "about cut", textContent: found.about }));
  if (found.key) node.append(Object.assign(document.createElement("kbd"), { textContent: found.key }));
  return node;
}

async function find() {
  const mine = ++asked;
  const text = box.value;
  const ticket = $("#thread")?.dataset.ticket ?? "";
  const answer = await fetch(`${document.body.dataset.find}?q=${encodeURIComponent(text)}&ticket=${ticket}`).catch(() => null);
  if (mine !== asked || !answer?.ok) return;
  const { groups, nothing } = await answer.json();
  const nodes = [];
  let index = 0;
  for (const group of groups) {
    nodes.push(Object.assign(document.createElement("div"), { className: "group", textContent: group.title }));
    for (const found of group.found) nodes.push(line(found, index++));
  }
  if (!index) nodes.push(Object.assign(document.createElement("p"), { className: "group", textContent: nothing }));
  list.replaceChildren(...nodes);
  choose(options()[0]);
  shownFor = text;
}

// Enter means what was typed, not what an earlier letter had found.
async function enter() {
  clearTimeout(timer);
  if (shownFor !== box.value) await find();
  if (dialog.open && shownFor === box.value && chosen()) run(chosen().found);
}

function run(found) {
  dialog.close();
  if (found.post) {
    const form = Object.assign(document.createElement("form"), { method: "post", action: found.post, hidden: true });
    for (const [name, value] of Object.entries({ ...found.values, csrfmiddlewaretoken: $("[name=csrfmiddlewaretoken]").value })) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    document.body.append(form);
    form.submit();
  } else if (found.dialog) openDialog(found.dialog).catch(() => toast(found.name, true));
  else if (found.press) document.dispatchEvent(new KeyboardEvent("keydown", { key: found.press, bubbles: true }));
  else location.assign(found.url);
}

box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 90); });
box.addEventListener("keydown", (event) => {
  const all = options();
  const at = all.indexOf(chosen());
  if (event.key === "ArrowDown") choose(all[(at + 1) % all.length]);
  else if (event.key === "ArrowUp") choose(all[(at - 1 + all.length) % all.length]);
  else if (event.key === "Enter" && !event.isComposing) enter();
  else return;
  event.preventDefault();
});
list.addEventListener("click", (event) => { const option = event.target.closest("[role=option]"); if (option) run(option.found); });
list.addEventListener("mousemove", (event) => { const option = event.target.closest("[role=option]"); if (option) choose(option); });
