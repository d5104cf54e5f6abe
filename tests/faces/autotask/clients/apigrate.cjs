// What a desk does with @apigrate/autotask-restapi; only the base URL is Polydesk's. Prints what it saw as JSON.
const { AutotaskRestApi } = require("@apigrate/autotask-restapi");

const [base, user, secret, code] = process.argv.slice(2);
const api = new AutotaskRestApi(user, secret, code, { base_url: base });
const eq = (field, value) => ({ filter: [{ op: "eq", field, value }] });

(async () => {
  const seen = {};
  const company = (await api.Companies.query(eq("companyName", "Conformance Child"))).items[0].id;
  const fields = (await api.Tickets.fieldInfo()).fields;
  const category = fields.find((f) => f.name === "ticketCategory").picklistValues.find((v) => v.label === "No Queue");
  const draft = { companyID: company, title: "From Node", status: 1, priority: 2, ticketCategory: Number(category.value) };
  const id = (await api.Tickets.create(draft)).itemId;
  seen.zone = api.zoneInfo.zoneName;
  seen.title = (await api.Tickets.get(id)).item.title;
  seen.updated = (await api.Tickets.update({ id, title: "Renamed" })).itemId === id;
  const whole = (await api.Tickets.get(id)).item;
  seen.replaced = (await api.Tickets.replace(whole)).itemId === id;
  seen.count = (await api.Tickets.count(eq("title", "renamed"))).queryCount;
  const note = await api.TicketNotes.create(id, { title: "t", description: "d", noteType: 1, publish: 1 });
  seen.note = (await api.TicketNotes.get(note.itemId)).item.description;
  const file = { attachmentType: "FILE_ATTACHMENT", fullPath: "a.txt", title: "a", publish: 1, data: "aGVsbG8=" };
  const attachment = (await api.TicketAttachments.create(id, file)).itemId;
  seen.data = (await api.TicketAttachments.get(id, attachment)).items[0].data;
  seen.deleted = (await api.TicketAttachments.delete(id, attachment)).itemId === attachment;
  seen.missing = (await api.Tickets.get(99999999)).item;
  seen.modules = (await api.Modules.query()).modules.length > 0;
  seen.unknown = await api.Surveys.query({ filter: [] });
  try {
    await api.Tickets.update({ id, problemTicketId: id });
  } catch (error) {
    seen.refused = [error.status, Array.isArray(error.details.errors)];
  }
  console.log(JSON.stringify(seen));
})();
