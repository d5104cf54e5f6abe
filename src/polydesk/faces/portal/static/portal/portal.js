// Search while typing: the same page is asked and its results are put in place; without scripts the button does it.
const form = document.querySelector("[data-search]");
let waiting, asked = 0;

async function look() {
  const mine = ++asked;
  const address = new URL(form.action);
  address.searchParams.set("q", form.elements.q.value);
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("found");
  if (mine === asked && found) document.getElementById("found").replaceChildren(...found.childNodes);
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => look().catch(() => {}), 250);
});

// What is being written outlives a page that is loaded anew; sending it or signing out forgets it.
for (const writing of new Set([...document.querySelectorAll("main textarea")].map((text) => text.form))) {
  const place = `writing ${writing.getAttribute("action")}`;
  const fields = [...writing.querySelectorAll("textarea, [name=title]")];
  const left = JSON.parse(sessionStorage.getItem(place)) ?? {};
  for (const field of fields) field.value ||= left[field.name] ?? "";
  writing.addEventListener("input", () => sessionStorage.setItem(place, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value])))));
  writing.addEventListener("submit", () => sessionStorage.removeItem(place));
}
document.querySelector(".me a")?.addEventListener("click", () => sessionStorage.clear());
