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
