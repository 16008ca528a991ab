// One of each thing that a workspace can have, for tests that ask about all of them.

import { data } from "./api.mjs";

const HOUR = 3_600_000;

/**
 * Makes one of each; gives their ids.
 *
 * owner     a session of the owner
 * helper    a session of another agent who may work
 * ticketId  a ticket of the workspace, with a customer
 *
 * Nothing of it acts by itself: rules wait for what no test does.
 */
export async function oneOfEach(url, owner, helper, ticketId) {
  const as = (token) => (method, path, body) => data(url, method, path, { token, body });
  const [mine, theirs] = [as(owner.token), as(helper.token)];
  const post = (path, body = {}) => mine("POST", path, body);
  const ticket = (subject, more) => post("/v1/tickets", { subject, ...more });
  const { userId } = await mine("GET", `/v1/tickets/${ticketId}`);

  const team = await post("/v1/teams", { name: "Front desk", memberIds: [helper.agentId] });
  const company = await post("/v1/companies", { name: "Customers Ltd", domains: ["customers.example"] });
  const attribute = await post("/v1/attributes", { subject: "ticket", key: "plan", label: "Plan", type: "list", options: ["free", "paid"] });
  const otherUser = await post("/v1/users", { email: "second@person.example", name: "Second", handles: [{ kind: "phone", value: "+4930123456" }] });
  const gone = await post("/v1/users", { email: "third@person.example" });
  const userMerge = await post(`/v1/users/${otherUser.id}/merge`, { otherId: gone.id });

  const category = await post("/v1/categories", { name: "Doors" });
  const innerCategory = await post("/v1/categories", { name: "Hinges", parentId: category.id });
  const oldCategory = await post("/v1/categories", { name: "Windows" });
  await mine("DELETE", `/v1/categories/${oldCategory.id}`);
  const customStatus = await post("/v1/custom-statuses", { name: "At the joiner's", status: "waiting" });
  const cannedReply = await post("/v1/canned-replies", { name: "Pull", body: "Hello {{user.firstName|there}}, please pull." });
  const ownReply = await theirs("POST", "/v1/canned-replies", { name: "Mine", body: "Only mine.", personal: true });
  const signature = await post("/v1/signatures", { name: "All", body: "{{agent.name}}, {{workspace.name}}" });
  const macro = await post("/v1/macros", { name: "Later", actions: { change: { addTags: ["later"] } } });
  const view = await post("/v1/views", { name: "Urgent", filter: { priority: "urgent" } });

  const automation = await post("/v1/automations", {
    name: "Notes", trigger: { on: "noteAdded" }, conditions: { of: [{ field: "tags", op: "is", values: ["never"] }] }, actions: [{ addTags: ["noted"] }],
  });
  const workflow = await post("/v1/workflows", { name: "Ask again", steps: [{ wait: { minutes: 600 } }, { do: { addTags: ["late"] } }] });
  const run = await post(`/v1/tickets/${ticketId}/workflow-runs`, { workflowId: workflow.id });
  const slaPolicy = await post("/v1/sla-policies", { name: "Gold", enabled: false, targets: [{ priority: "normal", firstReplyMinutes: 60 }] });
  const webhook = await post("/v1/webhooks", { url: "https://receiver.example/hook", kinds: ["team.deleted"] });
  const campaign = await post("/v1/campaigns", {
    name: "Spring", inboxIds: [crypto.randomUUID()], footer: "Us, here", steps: [{ subject: "Doors", text: "Dear {{name|you}}, a door?" }],
  });
  const source = await post("/v1/sources", {
    name: "Directory", url: "https://feeds.example/people.json", kind: "json", mapping: { items: "people", email: "mail" }, active: false,
  });
  const { apiKey } = await post("/v1/api-keys", { name: "For a program", role: "viewer" });

  const headers = { authorization: `Bearer ${owner.token}` };
  const brought = await fetch(`${url}/v1/attachments?fileName=plan.txt`, { method: "POST", headers, body: "How it opens." });
  const attachment = (await brought.json()).data;

  const merged = await ticket("Merged");
  const move = await post(`/v1/tickets/${merged.id}/merge`, { intoId: ticketId });
  const deleted = await ticket("Deleted");
  await mine("DELETE", `/v1/tickets/${deleted.id}`);
  const snoozed = await ticket("Snoozed");
  await post(`/v1/tickets/${snoozed.id}/snooze`, { until: Date.now() + 24 * HOUR });
  const claimed = await ticket("Claimed");
  await theirs("POST", `/v1/tickets/${claimed.id}/claim`, { leaseSeconds: 3_600 });
  const drafted = await ticket("Drafted");
  await mine("PUT", `/v1/tickets/${drafted.id}/draft`, { body: "Not yet." });
  await theirs("POST", `/v1/tickets/${drafted.id}/comments`, { body: "Look, please.", visibility: "private", mentions: [owner.agentId] });
  const [notification] = await mine("GET", "/v1/notifications");

  const id = ({ id }) => id;
  return {
    user: userId, team: team.id, company: company.id, attribute: attribute.id, otherUser: otherUser.id, goneUser: gone.id, userMerge: id(userMerge),
    category: category.id, innerCategory: innerCategory.id, oldCategory: oldCategory.id, customStatus: customStatus.id,
    cannedReply: cannedReply.id, ownReply: ownReply.id, signature: signature.id, macro: macro.id, view: view.id,
    automation: automation.id, workflow: workflow.id, run: run.id, campaign: campaign.id, source: source.id, slaPolicy: slaPolicy.id, webhook: id(webhook.webhook ?? webhook), apiKey: apiKey.id,
    attachment: attachment.id, ticketMove: move.moved.id, merged: merged.id, deleted: deleted.id, snoozed: snoozed.id, claimed: claimed.id,
    drafted: drafted.id, notification: notification.id,
  };
}
