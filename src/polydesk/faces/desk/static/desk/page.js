// What the modules of the workplace share: finding, fetching, telling, asking.

export const $ = (selector, from = document) => from.querySelector(selector);
export const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
export const typing = (node) => node instanceof HTMLElement && (node.isContentEditable || node.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select"));
export const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["x-csrftoken"];

// What a page asks with nobody at the keys says so: it keeps no sign-in alive.
export const itself = { "X-Of-Itself": "1" };

export async function post(address, values, headers = {}) {
  const body = new URLSearchParams(values);
  return fetch(address, { method: "POST", body, keepalive: true, headers: { "X-CSRFToken": token(), "X-Quiet": "1", ...headers } });
}

export async function fragment(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: { "HX-Request": "true", ...options.headers } });
  if (!answer.ok && answer.status !== 422) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Toasts: leave after ten seconds, rest under the pointer ------------------------------------------------
export function arm(toast) {
  const seconds = Number(toast.dataset.toast);
  if (!seconds || toast.dataset.armed) return;
  toast.dataset.armed = "1";
  // What is held goes by the server's clock and does not wait for the pointer.
  const held = "held" in toast.dataset, ends = Date.now() + seconds * 1000;
  let left = seconds * 10;
  const clock = setInterval(() => {
    if (!toast.isConnected) return clearInterval(clock);
    if (held) { left = Math.ceil((ends - Date.now()) / 100); $("[data-left]", toast).textContent = Math.ceil(left / 10); }
    else if (toast.matches(":hover, :focus-within")) return;
    else left--;
    if (left <= 0) { clearInterval(clock); toast.remove(); }
  }, 100);
}

export function toast(text, bad = false) {
  const node = document.createElement("div");
  node.className = bad ? "toast bad" : "toast";
  node.dataset.toast = bad ? "0" : "6";
  node.textContent = text;
  if (bad) node.addEventListener("click", () => node.remove());
  $("#toasts").append(node);
  arm(node);
}


export async function openDialog(address) {
  const dialog = $("#small-dialog");
  const before = document.activeElement;
  const page = await fragment(address);
  dialog.replaceChildren(...page.body.childNodes);
  dialog.showModal();
  (dialog.querySelector("[autofocus]") ?? dialog.querySelector("select, input:not([type=hidden]), textarea, button"))?.focus();
  dialog.addEventListener("close", () => before?.isConnected && before.focus(), { once: true });
}
