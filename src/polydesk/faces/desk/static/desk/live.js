// What others do, as it happens: one stream while somebody looks, patient polling where none comes through (PL-204).
import { $, $$, fragment, itself, post } from "./page.js";

const { live: address, counts: countsAddress, me } = document.body.dataset;
const SILENT = 6000, CALM = 250, PAUSE = 2000, COUNTS = 15_000, BEAT = 25_000, AWAY = 300_000, TYPES = 4000, READ = 1500;
let source = null, last = "", silence = 0, polling = 0, patience = 0;

// The stream, and what stands in for it ------------------------------------------------------------------
function listen() {
  stop();
  source = new EventSource(`${address}?after=${last}`);
  silence = setTimeout(fallBack, SILENT); // a proxy that holds the stream back sounds like nothing at all
  source.addEventListener("hello", (event) => { clearTimeout(silence); last = event.lastEventId; patience = 0; });
  source.addEventListener("ticket", (event) => { last = event.lastEventId; hear(JSON.parse(event.data)); });
  source.addEventListener("presence", (event) => people(JSON.parse(event.data)));
  source.onerror = () => source?.readyState === EventSource.CLOSED && fallBack();
}

function fallBack() {
  stop();
  patience = Math.min(60_000, patience * 1.6 || 5000);
  polling = setTimeout(poll, patience);
}

async function poll() {
  const answer = await fetch(`${address}?poll&after=${last}`, { headers: itself }).catch(() => null);
  if (document.visibilityState !== "visible" || answer?.redirected) return; // signed out: the next click says so
  if (answer?.ok) {
    const { after, events } = await answer.json();
    last = after;
    events.forEach(hear);
    if (events.length) patience = 3000;
  }
  patience > 30_000 ? listen() : fallBack(); // now and then it is worth asking for the stream again
}

function stop() {
  source?.close();
  source = null;
  clearTimeout(silence);
  clearTimeout(polling);
}

// A hidden page holds no stream and is nowhere; what it missed is told when it is looked at again.
let hidden = 0;
function look() {
  if (document.visibilityState !== "visible") { hidden = Date.now(); stop(); return gone(); }
  if (hidden && Date.now() - hidden > AWAY) { last = ""; renewAll(); }
  listen();
  here();
}
document.addEventListener("visibilitychange", look);
addEventListener("pagehide", () => { stop(); gone(); });
addEventListener("pageshow", (event) => event.persisted && look());

// What is heard is gathered for a moment, then fetched once ------------------------------------------------
const heard = new Map();
let soon = 0, renewed = 0, counted = Date.now(), counting = 0;

function hear({ ticket, version }) {
  heard.set(ticket, version);
  soon ||= setTimeout(renew, Math.max(CALM, renewed + PAUSE - Date.now())); // a busy desk is fetched now and then
}

async function renew() {
  soon = 0;
  renewed = Date.now();
  if (document.hidden || $(".htmx-request")) { soon = setTimeout(renew, CALM); return; }
  const changed = new Map(heard);
  heard.clear();
  counting ||= setTimeout(renewCounts, Math.max(0, counted + COUNTS - Date.now()));
  const thread = $("#thread");
  if (thread && changed.get(Number(thread.dataset.ticket)) > Number(thread.dataset.version)) await renewTicket().catch(() => {});
  if ($("[data-rows]")) await renewRows([...changed.keys()]).catch(() => {});
  if ($("#board") && !$(".card.dragged")) await renewBoard().catch(() => {});
  dispatchEvent(new CustomEvent("desk:changed", { detail: changed }));
}

// After a long absence everything is fetched once, in place of every event of the day.
function renewAll() {
  counting ||= setTimeout(renewCounts);
  if ($("#thread")) renewTicket().catch(() => {});
  if ($("[data-rows]")) renewList($("[data-rows]")).catch(() => {});
  if ($("#board")) renewBoard().catch(() => {});
}

// What is under way by a click or a form is let through first: its element must not be replaced meanwhile, or htmx finds
// no place for the parts of the answer that stand elsewhere.
async function fetched(address, options) {
  const page = await fragment(address, options);
  while ($(".htmx-request")) await new Promise((done) => setTimeout(done, CALM / 5));
  return page;
}

// The open ticket: messages and properties change in place, what is being written or chosen is left alone ---
let late = false;

async function renewTicket() {
  const thread = $("#thread");
  const page = await fetched(location.href, { headers: { ...itself, "HX-Target": "main" } });
  const fresh = $("#thread", page);
  if (!fresh || $("#thread") !== thread || fresh.dataset.ticket !== thread.dataset.ticket) return;
  const box = thread.parentElement;
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  thread.dataset.version = fresh.dataset.version;
  const came = merge(thread, fresh);
  replace($("#main > .bar"), $("#main > .bar", page));
  replace($("#composer .foot .end"), $("#composer .foot .end", page));
  renewFacts($("#facts", page));
  document.title = $("#main", page).dataset.title ?? document.title;
  $("#toasts").append(...($("#toasts", page)?.children ?? []));
  if (came.length && atEnd) box.scrollTop = box.scrollHeight;
  else if (came.length) pill(box, came.length, () => { box.scrollTop = box.scrollHeight; });
  toRead = $("#composer [name=seen]", page)?.value;
  read();
  people();
}

// Children with the same id keep their place, their state and the focus.
function merge(old, fresh) {
  const before = new Map([...old.children].map((child) => [child.id, child]));
  const came = [];
  let at = old.firstElementChild;
  for (const node of [...fresh.children]) {
    const was = before.get(node.id);
    before.delete(node.id);
    if (!was) {
      old.insertBefore(node, at);
      if (node.matches(".entry")) { node.classList.add("fresh"); came.push(node); }
    } else if (was.innerHTML === node.innerHTML) {
      if (was === at) at = at.nextElementSibling;
      else old.insertBefore(was, at);
    } else {
      if (was === at) at = at.nextElementSibling;
      if (was.open) node.open = true;
      was.replaceWith(node);
    }
  }
  before.forEach((gone) => gone.remove());
  return came;
}

function busy(node) { return node.contains(document.activeElement) || $("details.menu[open]", node); }

function replace(old, fresh) {
  if (!old || !fresh || busy(old)) return;
  old.replaceWith(fresh);
  window.htmx.process(fresh);
}

function renewFacts(fresh) {
  const facts = $("#facts");
  late = Boolean(fresh && facts?.contains(document.activeElement));
  if (!fresh || !facts || late) return;
  const open = $$("details.fold", facts).map((fold) => fold.open);
  facts.replaceChildren(...fresh.childNodes);
  $$("details.fold", facts).forEach((fold, n) => (fold.open = open[n] || fold.open));
  window.htmx.process(facts);
}
document.addEventListener("focusout", (event) => {
  if (late && event.target.closest("#facts")) setTimeout(() => late && !$("#facts").contains(document.activeElement) && renewTicket().catch(() => {}), CALM);
});

// A message counts as seen when it stood before somebody's eyes for a moment; a reply begun before asks first.
let toRead = null, reading = 0;
function read() {
  const box = $("#thread")?.parentElement;
  if (!toRead || !box || document.hidden || box.scrollHeight - box.scrollTop - box.clientHeight > 60) return;
  $(".pill", box)?.remove();
  clearTimeout(reading);
  const value = toRead, ticket = $("#thread").dataset.ticket;
  reading = setTimeout(() => {
    const seen = $("#composer [name=seen]");
    if (seen && $("#thread").dataset.ticket === ticket) seen.value = Math.max(value, seen.value);
  }, READ);
}
document.addEventListener("scroll", (event) => event.target.matches?.("[data-end]") && read(), { capture: true, passive: true });
addEventListener("desk:opened", () => { toRead = null; clearTimeout(reading); });

// Lists: rows change where they stand; what is new waits behind a pill, so that nothing jumps -----------------
const arrived = new Set();

async function renewRows(ids) {
  const list = $("[data-rows]");
  const page = await fetched(`${list.dataset.rows}&ids=${ids.join()}`, { headers: itself });
  if ($("[data-rows]") !== list) return;
  for (const id of ids) {
    const old = $(`[data-row="${id}"]`, list), fresh = $(`[data-row="${id}"]`, page);
    if (old && fresh) renewRow(old, fresh);
    else if (old) old.classList.add("gone");
    else if (fresh) arrived.add(id);
    if (!fresh) arrived.delete(id);
  }
  if (arrived.size) pill(list, arrived.size, async () => {
    await renewList(list);
    list.scrollTop = 0;
    $("[data-row] a", list)?.focus({ preventScroll: true });
  });
  else $(".pill", list)?.remove();
}

function renewRow(old, fresh) {
  const focused = old.contains(document.activeElement) && document.activeElement.closest("td")?.className;
  if ($(".pick:checked", old)) $(".pick", fresh).checked = true;
  if ($("a[aria-current]", old)) $("a", fresh).setAttribute("aria-current", "true");
  fresh.classList.toggle("here", old.classList.contains("here"));
  if (old.innerHTML !== fresh.innerHTML) fresh.classList.add("fresh");
  const inStrip = old.matches("li") && old.contains(document.activeElement);
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  if (focused || inStrip) (focused ? $(`td.${focused.split(" ")[0]} :is(a, input)`, fresh) : $("a", fresh))?.focus({ preventScroll: true });
}

async function renewList(list) {
  const page = await fetched(location.href);
  const rows = list.matches("#rows") ? "tbody" : ".strip-list";
  const fresh = $(`[data-rows] ${rows}`, page);
  if (!fresh && !$(rows, list)) return;
  if (!fresh || !$(rows, list)) return location.reload();
  const picked = new Set($$(".pick:checked", list).map((box) => box.value));
  $(rows, list).replaceWith(fresh);
  $$(".pick", fresh).forEach((box) => (box.checked = picked.has(box.value)));
  for (const id of arrived) $(`[data-row="${id}"]`, fresh)?.classList.add("fresh");
  arrived.clear();
  window.htmx.process(fresh);
  $(".pill", list)?.remove();
  $(".pick", fresh)?.dispatchEvent(new Event("change", { bubbles: true }));
}

function pill(box, count, act) {
  const place = $(".news", box) ?? box;
  const text = (place.dataset.news ?? "%").replace("%", count);
  const button = $(".pill", place) ?? Object.assign(document.createElement("button"), { type: "button", className: "pill" });
  button.textContent = text;
  button.onclick = () => { button.remove(); act(); };
  if (!button.isConnected) place.append(button);
}

async function renewBoard() {
  const page = await fetched(location.href, { headers: itself });
  const board = $("#board"), fresh = $("#board", page);
  if (!fresh || $(".card.dragged")) return;
  const focused = document.activeElement?.closest?.(".card")?.dataset.row;
  const tops = $$(".column > ul", board).map((column) => column.scrollTop);
  board.replaceChildren(...fresh.childNodes);
  $$(".column > ul", board).forEach((column, n) => (column.scrollTop = tops[n] ?? 0));
  if (focused) $(`[data-row="${focused}"] a`, board)?.focus({ preventScroll: true });
}

async function renewCounts() {
  counting = 0;
  counted = Date.now();
  const answer = await fetch(countsAddress, { headers: itself }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const { counts } = await answer.json();
  for (const link of $$(".rail a")) {
    const number = counts[link.getAttribute("href")], place = $(".count", link);
    if (place && number !== undefined) { place.textContent = number; place.classList.toggle("late", place.classList.contains("late") && number !== "0"); }
  }
}

// Who is here, and who writes -----------------------------------------------------------------------------
let at = null, wrote = 0, others = { ticket: 0, people: [] };

function here(doing = "viewing") {
  const thread = $("#thread");
  if (at && at !== thread?.dataset.presence) gone();
  if (!thread || document.hidden) return;
  at = thread.dataset.presence;
  post(at, { doing }, doing === "writing" ? {} : itself).then((answer) => (answer.ok && !answer.redirected ? answer.json() : null)).then((found) => found && people(found)).catch(() => {});
}

function gone() {
  if (at) post(at, { doing: "gone" }, itself).catch(() => {});
  at = null;
}

function people(found = others) {
  const place = $("#presence"), ticket = Number($("#thread")?.dataset.ticket);
  if (found.ticket === ticket) others = found;
  if (!place) return;
  const present = others.ticket === ticket ? others.people.filter((one) => String(one.id) !== me) : [];
  const writing = present.filter((one) => one.doing === "writing");
  const key = JSON.stringify(present);
  if (place.dataset.shown === key) return;
  place.dataset.shown = key;
  const said = (pattern, who) => pattern.replace("%", who.map((one) => one.name).join(", "));
  const line = writing.length ? said(place.dataset.writing, writing) : present.length ? said(place.dataset.viewing, present) : "";
  place.replaceChildren(...present.slice(0, 4).map((one) => {
    const face = Object.assign(document.createElement("span"), { className: `avatar ${one.doing}`, title: one.name, textContent: letters(one.name) });
    face.setAttribute("aria-hidden", "true");
    return face;
  }), Object.assign(document.createElement("span"), { className: "cut", textContent: line }));
}

function letters(name) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  return words.length ? (words[0][0] + (words.length > 1 ? words.at(-1)[0] : "")).toUpperCase() : "?";
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "composer-text" || Date.now() - wrote < TYPES) return;
  wrote = Date.now();
  here("writing");
});
setInterval(() => Date.now() - wrote > BEAT && here(), BEAT);
let opened = 0;
addEventListener("desk:opened", () => { clearTimeout(opened); wrote = 0; people(); opened = setTimeout(here, 600); }); // whoever only walks past is not here

look();
