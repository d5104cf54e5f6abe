// Triage by keys: the next ticket is there before it is asked for; what was decided is saved while it is read.
import { $, fragment, post, toast, typing } from "./page.js";

const form = () => $("#triage");
const number = () => $("#thread")?.dataset.ticket;
let ahead = null; // the next page, fetched while this one is read
let saving = Promise.resolve();

async function prepare() {
  const address = form()?.dataset.next;
  ahead = null;
  if (!address) return;
  await saving;
  const page = await fragment(address, { headers: { "X-Preload": "1" } }).catch(() => null);
  if (page && form()?.dataset.next === address) ahead = { address, main: $("#main", page) };
}

function show(main, address) {
  $("#main").replaceWith(document.adoptNode(main));
  if (address) history.pushState(null, "", address);
  main.focus({ preventScroll: true });
  dispatchEvent(new CustomEvent("desk:opened"));
  prepare();
}

function skip() {
  const address = form()?.dataset.next, text = $("#triage-text")?.value.trim();
  if (!address) return;
  if (text) post(form().dataset.draft, { text, mode: $(".answer [name=mode]").checked ? "note" : "reply" });
  if (ahead?.address === address) show(ahead.main, address);
  else location.assign(address);
}

// The next one shows at once; a refusal brings this one back with what was chosen.
function save(button) {
  const mine = form(), main = $("#main"), here = location.href, body = new FormData(mine);
  if (button) body.append(button.name, button.value);
  const sent = fetch(mine.action, { method: "POST", body, headers: { "X-Preload": "1" } });
  if (ahead) show(ahead.main, ahead.address);
  else main.classList.add("htmx-request", "dims");
  const shown = number();
  saving = sent.then(async (answer) => {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = $("#main", page);
    if (!fresh || (!answer.ok && answer.status !== 422 && answer.status !== 409)) throw new Error(answer.status);
    if (!answer.ok) return show(fresh, here);
    $("#toasts").append(...$("#toasts", page).children);
    document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: {} }));
    if (number() === $("#thread", fresh)?.dataset.ticket && number() === shown && $("#main") !== main) return;
    if (number() === shown) show(fresh, answer.url);
  }).catch(() => {
    main.classList.remove("htmx-request", "dims");
    show(main, here);
    toast(document.body.dataset.lost, true);
  });
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  save(event.submitter);
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-skip]") && !event.ctrlKey && !event.metaKey) { event.preventDefault(); skip(); }
  if (event.target.closest("[data-me-too]")) toMe();
});
addEventListener("popstate", async () => {
  const page = await fragment(location.href).catch(() => null);
  page ? show($("#main", page)) : location.reload();
});

// Somebody else was faster: say so, take nothing away.
addEventListener("desk:changed", async (event) => {
  if (!form() || !event.detail.has(Number(number()))) return;
  const page = await fragment(location.href, { headers: { "X-Preload": "1" } }).catch(() => null);
  if (!page || $("#thread", page)?.dataset.ticket === number()) return;
  const pill = Object.assign(document.createElement("button"), { type: "button", className: "pill", textContent: form().dataset.taken });
  pill.addEventListener("click", skip);
  $(".news").replaceChildren(pill);
});

// Keys -----------------------------------------------------------------------------------------------------
function toMe() { choose("assignee", (option) => option.value === $("[data-me-too]").dataset.meToo); }
function choose(name, wanted) {
  const box = $(`#p-${name}`);
  const option = [...box.options].find(wanted);
  if (option) { box.value = option.value; box.closest(".prop").classList.add("fresh"); }
}
function open(name) {
  const box = $(`#p-${name}`);
  box.focus();
  try { box.showPicker(); } catch { /* focus is enough */ }
}
const keys = {
  j: skip, ArrowRight: skip, k: () => history.back(), ArrowLeft: () => history.back(),
  m: toMe, a: () => open("assignee"), b: () => open("team"), p: () => open("priority"), g: () => open("category"), q: () => open("queue"), f: () => open("follow_up_on"),
  r: () => { $(".answer").open = true; $("#triage-text").focus(); }, n: () => { $(".answer").open = true; $(".answer [name=mode]").checked = true; $("#triage-text").focus(); },
  e: () => form().requestSubmit($("[data-solve]")), Enter: () => form().requestSubmit($("[data-save]")),
};
let last = "";
document.addEventListener("keydown", (event) => {
  last = event.key;
  if (!form() || event.isComposing || event.altKey || $("dialog[open]")) return;
  if (event.target.closest?.("#triage") && typing(event.target)) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form().requestSubmit($("[data-save]")); }
    else if (event.key === "Escape" || (event.key === "Enter" && !event.target.matches("textarea"))) { event.preventDefault(); event.target.blur(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || typing(event.target) || document.documentElement.dataset.keys === "off") return;
  if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
  const level = Number(event.key);
  const action = level ? () => choose("priority", (option, at) => option.value && at === level) : keys[event.key];
  if (!action) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  action();
}, true);
// A choice made by a click or by Enter is made: keys are keys again.
document.addEventListener("change", (event) => { if (event.target.matches("#triage select") && !/^Arrow|^.$/.test(last)) event.target.blur(); });
document.addEventListener("pointerdown", () => (last = ""));

setTimeout(prepare, 400);
