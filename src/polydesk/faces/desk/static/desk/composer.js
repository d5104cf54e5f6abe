// The composer: sending by keys, drafts kept on the server, files by drop and paste, preview.
import { $, fragment, post, toast } from "./page.js";

const form = () => $("#composer form");
const text = () => $("#composer-text");
function draftOf() { return { text: text().value, mode: $("#mode-note").checked ? "note" : "reply" }; }
let timer, kept = JSON.stringify({ ...draftOf(), text: text().defaultValue });

// Drafts: half a second after the last key, and when the page is left. Until the server has one it stays in this tab:
// a page that is loaded anew at once, or without a network, overtakes it.
const place = () => `draft ${form().dataset.draft}`;
function settled(now, at) { if (sessionStorage.getItem(at) === now) sessionStorage.removeItem(at); }
function keep() {
  if (!text()) return;
  const now = JSON.stringify(draftOf());
  if (now === kept) return;
  kept = now;
  const at = place();
  post(form().dataset.draft, draftOf()).then((answer) => {
    if (answer.ok) settled(now, at);
    const sign = $("[data-draft-sign]");
    if (sign) sign.hidden = !answer.ok || !text()?.value;
  }).catch(() => { kept = ""; });
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "composer-text") return;
  clearTimeout(timer);
  timer = setTimeout(keep, 600);
  sessionStorage.setItem(place(), JSON.stringify(draftOf()));
  if (/(^|\s)[/@#][^\s]*$/.test(text().value.slice(0, text().selectionStart))) import("./completion.js").then((found) => found.complete());
});
document.addEventListener("change", (event) => {
  if (event.target.name === "mode" && event.target.closest("#composer")) { keep(); text().focus(); }
  if (event.target.matches("#composer input[type=file]")) names();
});
addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  clearTimeout(timer);
  kept = JSON.stringify(draftOf());
  settled(kept, place());
}, true);

// A fragment brings its own composer: what is being typed on this ticket moves into it, what was on another is kept.
let typed = null;
document.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt !== form() && text()) { clearTimeout(timer); keep(); } });
document.addEventListener("htmx:beforeSwap", (event) => {
  const own = event.detail.requestConfig?.elt === form();
  typed = text() && !own ? { ticket: $("#thread")?.dataset.ticket, files: $("#composer input[type=file]").files, ...draftOf() } : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "main" || !text()) return;
  if (typed && typed.ticket === $("#thread")?.dataset.ticket) {
    text().value = typed.text;
    $(`#mode-${typed.mode}`).checked = true;
    if (typed.files.length) { $("#composer input[type=file]").files = typed.files; names(); }
  }
  kept = JSON.stringify(draftOf());
  if ($("#composer .errors")) text().focus();
});

const left = text() && JSON.parse(sessionStorage.getItem(place()));
if (left && text().value === text().defaultValue) {
  text().value = left.text;
  $(`#mode-${left.mode}`).checked = true;
}
// Whoever was quicker than this file has begun to type already: what stands there counts as typed now.
if (text()?.value !== text()?.defaultValue) text().dispatchEvent(new Event("input", { bubbles: true }));

if (location.hash === "#composer" && text()) { text().focus(); text().setSelectionRange(text().value.length, text().value.length); } // something was taken back

// Files --------------------------------------------------------------------------------------------------
function add(files) {
  const input = $("#composer input[type=file]");
  const all = new DataTransfer();
  for (const file of [...input.files, ...files]) all.items.add(file);
  input.files = all.files;
  names();
}
function names() {
  const input = $("#composer input[type=file]");
  $("[data-files]").replaceChildren(...[...input.files].map((file) => Object.assign(document.createElement("span"), { className: "file", textContent: file.name })));
}
document.addEventListener("paste", (event) => { if (event.target.id === "composer-text" && event.clipboardData.files.length) { event.preventDefault(); add(event.clipboardData.files); } });
document.addEventListener("dragover", (event) => { if (event.target.closest?.("#main") && event.dataTransfer.types.includes("Files")) { event.preventDefault(); $("#composer form").classList.add("drop-here"); } });
document.addEventListener("dragleave", () => form()?.classList.remove("drop-here"));
document.addEventListener("drop", (event) => { if (form() && event.dataTransfer.files.length) { event.preventDefault(); form().classList.remove("drop-here"); add(event.dataTransfer.files); } });

// Canned replies: one picked in the dialog goes to the caret, filled for this ticket ------------------------
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-reply]");
  if (!link || !text() || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const answer = await fetch(link.dataset.reply).catch(() => null);
  if (!answer?.ok) return location.assign(link.href);
  link.closest("dialog")?.close();
  const area = text();
  area.setRangeText((await answer.json()).text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});

// Preview ------------------------------------------------------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-preview]");
  if (!button) return;
  const pane = $("#preview");
  if (!pane.hidden) { pane.hidden = true; text().hidden = false; button.setAttribute("aria-pressed", "false"); return text().focus(); }
  const page = await fragment(button.dataset.preview, { method: "POST", body: new URLSearchParams({ text: text().value }), headers: { "X-CSRFToken": $("[name=csrfmiddlewaretoken]", form()).value } }).catch(() => null);
  if (!page) return toast(document.body.dataset.lost, true);
  pane.replaceChildren(...page.body.childNodes);
  pane.hidden = false;
  text().hidden = true;
  button.setAttribute("aria-pressed", "true");
});
