// What every page of the workplace does beyond plain forms: theme, panes, menus, dialogs, toasts, fields that save themselves.

import { $, $$, arm, openDialog, post, toast, typing } from "./page.js";
import "./keys.js";

const root = document.documentElement;
root.classList.add("scripted");

function settle() {
  for (const toast of $$(".toast[id]")) if (document.getElementById(toast.id) !== toast) toast.remove(); // a fragment tells again of what is held
  $$(".toast").forEach(arm);
}

// Menus: one at a time, Esc closes and gives the focus back ----------------------------------------------
document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest("[data-close-toast]")) event.target.closest(".toast").remove();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]") ?? $("details.menu[open]");
    if (menu) { menu.open = false; $("summary", menu).focus(); event.preventDefault(); }
  }
  const sheet = event.target.closest?.("details.menu[open] > .sheet");
  if (event.key === "ArrowDown" && event.target.matches?.("details.menu[open] > summary")) {
    event.preventDefault();
    $("a, button, input, select", event.target.parentElement.querySelector(".sheet"))?.focus();
  } else if (sheet && (event.key === "ArrowDown" || event.key === "ArrowUp") && !typing(event.target)) {
    event.preventDefault();
    const items = $$("a, button", sheet);
    items[(items.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length]?.focus();
  }
});

// Theme and panes: answered at once here, remembered in a cookie by the form's own address ---------------
document.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-fold]");
  const theme = event.target.closest("[data-theme-choice]");
  if (fold) {
    event.preventDefault();
    const pane = fold.dataset.fold;
    root.dataset[pane] = root.dataset[pane] === "folded" ? "open" : "folded";
    post(document.body.dataset.set, { [pane]: root.dataset[pane] });
  } else if (theme) {
    event.preventDefault();
    root.dataset.theme = theme.value;
    for (const other of $$("[data-theme-choice]")) {
      other.setAttribute("aria-checked", String(other === theme));
      other.lastChild.textContent = other.lastChild.textContent.replace(" ✓", "") + (other === theme ? " ✓" : "");
    }
    post(document.body.dataset.set, { theme: theme.value });
  }
});

// Dialogs: a link with `data-dialog` opens its page's form in a dialog; without a script it is just a page
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  const opener = event.target.closest("[data-open]");
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link) {
    event.preventDefault();
    const menu = link.closest("details.menu");
    if (menu) { menu.open = false; $("summary", menu).focus(); }
    openDialog(link.href).catch(() => location.assign(link.href));
  } else if (opener) {
    event.preventDefault();
    const menu = opener.closest("details.menu");
    if (menu) menu.open = false;
    document.getElementById(opener.dataset.open).showModal();
  }
});
document.addEventListener("click", (event) => {
  if (event.target.matches("dialog") && event.target.open) event.target.close();
  if (event.target.closest("dialog [data-dismiss]")) { event.preventDefault(); event.target.closest("dialog").close(); }
});

// Fields that save themselves ----------------------------------------------------------------------------
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosave]") && !event.target.matches("[data-no-autosave]")) form.requestSubmit();
});

// Look-ups: the datalist follows what is typed ------------------------------------------------------------
let pending;
document.addEventListener("input", (event) => {
  const source = event.target.dataset?.lookup;
  if (!source) return;
  clearTimeout(pending);
  pending = setTimeout(async () => {
    const answer = await fetch(`${source}?q=${encodeURIComponent(event.target.value)}`);
    if (!answer.ok) return;
    const list = document.getElementById(event.target.getAttribute("list"));
    list.replaceChildren(...(await answer.json()).results.map((found) => Object.assign(document.createElement("option"), { value: found.value, label: found.about || "" })));
  }, 150);
});

// A form is sent once: a second click while the first is under way does nothing --------------------------
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || form.hasAttribute("hx-post")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => delete form.dataset.sent));

let drawer = false;
let place = null;
let folds = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  drawer = Boolean($("#facts:popover-open"));
  const thread = $("#thread");
  const wrote = event.detail.requestConfig?.elt?.closest?.("#composer");
  folds = thread && { ticket: thread.dataset.ticket, open: $$("#facts details.fold").map((fold) => fold.open), focus: $("#facts")?.contains(document.activeElement) && document.activeElement.id };
  place = thread && !wrote ? { ticket: thread.dataset.ticket, top: thread.parentElement.scrollTop } : null;
});

// A conversation opens at its newest message; the same one keeps its place when something else changed.
function settlePlace() {
  const thread = $("#thread");
  if (!thread?.parentElement.matches("[data-end]") || location.hash) return;
  const same = place?.ticket === thread.dataset.ticket;
  thread.parentElement.scrollTop = same ? place.top : thread.parentElement.scrollHeight;
}

// After a fragment came: mark the open row, keep the focus, arm toasts, scroll to the end of the thread ---
function afterSwap(event) {
  settle();
  const target = event.detail?.target;
  if (target?.id !== "main") return;
  const fresh = $("#main template[data-fresh]");
  const stale = fresh && document.getElementById(fresh.dataset.fresh);
  if (stale) {
    stale.replaceWith(fresh.content.firstElementChild);
    window.htmx.process(document.getElementById(fresh.dataset.fresh));
  }
  fresh?.remove();
  if (folds && folds.ticket === $("#thread")?.dataset.ticket) {
    $$("#facts details.fold").forEach((fold, n) => (fold.open ||= folds.open[n]));
    if (folds.focus) document.getElementById(folds.focus)?.focus();
  }
  settlePlace();
  if (drawer) $("#facts")?.showPopover();
  for (const row of $$(".strip-list a")) {
    const here = row.pathname === location.pathname;
    here ? row.setAttribute("aria-current", "true") : row.removeAttribute("aria-current");
    if (here) row.closest("li").classList.remove("unread");
  }
  document.title = $("#main")?.dataset.title ?? document.title;
  if (!document.activeElement || document.activeElement === document.body) $("#main")?.focus({ preventScroll: true });
  dispatchEvent(new CustomEvent("desk:opened"));
}
document.addEventListener("htmx:afterSettle", afterSwap);
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 403 || status === 401) location.reload();
  else toast(document.body.dataset.lost ?? `${status}`, true);
});
document.addEventListener("htmx:sendError", () => toast(document.body.dataset.lost ?? "…", true));
// A refusal comes as 422 with the same form and its errors beside the fields: show it.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422 || event.detail.xhr.status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
});

settle();
if ($("#composer")) import("./composer.js");
document.addEventListener("htmx:afterSettle", () => $("#composer") && import("./composer.js"));

// A choice that only changes what is shown goes there at once.
document.addEventListener("change", (event) => event.target.matches("[data-go]") && event.target.form.submit());

settlePlace();

// What others do comes by itself, once the page stands.
addEventListener("load", () => setTimeout(() => import("./live.js"), 200));
