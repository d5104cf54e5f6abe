// The keys of PL-203. Nothing fires while typing, in an open dialog, or when the reader switched keys off.
import { $, $$, openDialog, toast, typing } from "./page.js";

const rows = () => $$("[data-row]").filter((row) => row.offsetParent !== null);
let last = null;

function current() {
  return $("[data-row].here") ?? $("[data-row]:has(a[aria-current])") ?? document.activeElement?.closest?.("[data-row]");
}

function go(row) {
  for (const other of $$("[data-row].here")) other.classList.remove("here");
  row.classList.add("here");
  const link = $("a[href]", row.querySelector(".c-title") ?? row);
  link?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by))];
  go(next);
  // Beside an open ticket the list walks with it.
  if ($("#thread") && next.matches("li")) $("a", next).click();
}

function open() { $("a[href]", current()?.querySelector(".c-title") ?? current() ?? document.createElement("i"))?.click(); }

function pick(range) {
  const row = current();
  const box = row && $(".pick", row);
  if (!box) return;
  const all = rows();
  if (range && last) {
    const [from, to] = [all.indexOf(last), all.indexOf(row)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) $(".pick", each).checked = true;
  } else box.checked = !box.checked;
  last = row;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

function change(what) {
  const picked = $$(".pick:checked");
  if (picked.length) return $(`#bulk [name=${what}]`)?.focus();
  const field = $(`#p-${what}`);
  if (field && field.offsetParent) return field.focus(), field.showPicker && safely(() => field.showPicker());
  const link = $(`a[href*="/change/${what}"]`, current() ?? document) ?? (field && $(`[data-change="${what}"]`));
  if (link) openDialog(link.href);
}

function safely(action) { try { action(); } catch { /* the browser wants a click first: focus is enough */ } }

function mode(which) {
  const box = $(`#mode-${which}`);
  if (!box) return;
  box.checked = true;
  box.dispatchEvent(new Event("change", { bubbles: true }));
  $("#composer-text").focus();
}

// The box opens at once and takes what is typed; what finds comes after it.
async function palette() {
  const dialog = $("#palette");
  if (dialog.open) return dialog.close();
  if ($("dialog[open]")) return;
  const box = $("input", dialog);
  box.value = "";
  dialog.showModal();
  box.focus();
  (await import("./palette.js")).start();
}

// Where there is no clipboard (a page without TLS), the address itself is shown.
async function copy() {
  const within = $(".letter h2") ?? current()?.querySelector(".c-title");
  const link = within ? $("a[href]", within)?.href : $("#thread") && location.href;
  if (!link) return;
  const address = new URL(new URL(link).pathname, location).href;
  try { await navigator.clipboard.writeText(address); toast(`${document.body.dataset.copied} ${address}`); } catch { toast(address); }
}

const actions = {
  j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1), o: open, Enter: open,
  x: () => pick(false), X: () => pick(true),
  u: () => ($("[data-back]") ?? $(".rail a[aria-current]"))?.click(),
  "/": () => { const box = $("#search"); box && box.offsetParent ? (box.focus(), box.select()) : palette(); },
  "?": () => $("#keys-sheet").showModal(),
  r: () => mode("reply"), n: () => mode("note"),
  a: () => change("assignee"), s: () => change("status"), p: () => change("priority"),
  e: () => { const picked = $$(".pick:checked").length; (picked ? $("#bulk [value=close]") : $("#close-ticket"))?.click(); },
  z: () => { $$("[data-undo] button").at(-1)?.click(); },
  t: () => location.assign($("[data-triage]")?.href ?? "/triage"),
  y: copy,
  c: () => location.assign($("[data-new]")?.href ?? "/new"),
  Escape: () => { if ($$(".pick:checked").length) { $$(".pick:checked").forEach((box) => (box.checked = false)); count(); } },
};

document.addEventListener("keydown", (event) => {
  if (event.target.id === "composer-text" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return $$("#composer [data-send]").find((button) => button.offsetParent)?.click();
  }
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); return palette(); }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape" && event.target.matches?.("#composer-text, #search")) return event.target.blur();
  if (document.documentElement.dataset.keys === "off" || typing(event.target) || $("dialog[open]")) return;
  // Arrows and Enter belong to the control that has the focus, unless that is a row of the list.
  if (/^(Arrow|Enter)/.test(event.key) && (event.key === "Enter" || !event.target.closest?.("[data-row]"))) return;
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// After sending, keys are keys again; a refusal gives the focus back.
document.addEventListener("htmx:beforeRequest", (event) => event.detail.elt.matches("#composer form") && document.activeElement.blur());

// Selection and its bar ----------------------------------------------------------------------------------
function count() {
  const picked = $$(".pick:checked").length;
  const bar = $(".bulk");
  if (!bar) return;
  bar.classList.toggle("active", picked > 0);
  const label = $("[data-picked]", bar);
  label.textContent = label.dataset.picked.replace("%", picked);
  const all = $("#pick-all");
  if (all) { all.checked = picked > 0 && picked === $$(".pick").length; all.indeterminate = picked > 0 && !all.checked; }
}
document.addEventListener("change", (event) => {
  if (event.target.id === "pick-all") $$(".pick").forEach((box) => (box.checked = event.target.checked));
  if (event.target.matches(".pick, #pick-all")) count();
});
document.addEventListener("click", (event) => {
  const box = event.target.closest(".pick") ?? $(".pick", event.target.closest(".c-pick") ?? document.createElement("i"));
  if (!box) return;
  // The cell around the box is its target too: a thumb is wider than a box.
  if (box !== event.target) { box.checked = !box.checked; count(); }
  const row = box.closest("[data-row]");
  if (event.shiftKey && last) {
    const all = rows();
    const [from, to] = [all.indexOf(last), all.indexOf(row)].sort((a, b) => a - b);
    for (const each of all.slice(from, to + 1)) $(".pick", each).checked = box.checked;
    count();
  }
  last = row;
});
count();
document.addEventListener("htmx:afterSettle", count);
$(".strip [aria-current]")?.scrollIntoView({ block: "center" });
