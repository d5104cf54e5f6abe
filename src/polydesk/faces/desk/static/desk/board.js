// The board: a card goes to another column by drag, or by < and > when it has the focus. The form does the work.
import { $, $$, typing } from "./page.js";

let dragged = null;

function move(card, column) {
  if (!column || column === card.closest(".column")) return;
  const form = $("#move");
  form.action = card.dataset.move;
  $("[name=status]", form).value = column.dataset.status;
  $("ul", column).prepend(card);
  form.submit();
}

document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".card");
  if (!dragged) return;
  dragged.classList.add("dragged");
  event.dataTransfer.effectAllowed = "move";
});
document.addEventListener("dragover", (event) => {
  const column = event.target.closest?.(".column");
  if (!dragged || !column) return;
  event.preventDefault();
  $$(".column.target").forEach((other) => other !== column && other.classList.remove("target"));
  column.classList.add("target");
});
document.addEventListener("drop", (event) => {
  const column = event.target.closest?.(".column");
  if (!dragged || !column) return;
  event.preventDefault();
  column.classList.remove("target");
  move(dragged, column);
});
document.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; $$(".column.target").forEach((column) => column.classList.remove("target")); });
document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.(".card");
  if (!card || typing(event.target) || (event.key !== "<" && event.key !== ">") || document.documentElement.dataset.keys === "off") return;
  const columns = $$(".column");
  move(card, columns[columns.indexOf(card.closest(".column")) + (event.key === ">" ? 1 : -1)]);
});
