// Delta of one folder: rounds of pages, joined by links whose tokens nobody can read or build.
//
// Query options count on the first call of all; a link that is changed, or asked of another folder
// or mailbox, is refused. A link may be asked again as long as the link that it led to has not been
// used (the answer may have been lost); after that it is gone, as are links that have fallen out of
// the cache: 410 `SyncStateNotFound` with the Location of a full sync. The order of a round is
// shuffled, unless $orderby is given. A message that left the folder while a round went on comes
// as @removed.
//
// Faults in the content:
//   replay   `items` messages (default 3) that have not changed come once more
//   twice    the first message of the page stands there twice
//   empty    a page without items and with a nextLink comes first
//   late     what is left of the round is kept back: the next round begins with it

import { badRequest, Refusal } from "./answer.mjs";
import { selected, shownMessage } from "./message.mjs";
import { options, parseFilter } from "./query.mjs";

const PAGE_SIZE = 10; // where the client prefers nothing
const TYPES = ["created", "updated", "deleted"];
const FIRST_OPTIONS = ["$select", "$filter", "$orderby", "$top", "changeType", "$deltatoken"];

export class Delta {
  constructor(world) {
    this.world = world;
    this.links = new Map(); // token → what it stands for
  }

  /** Makes every link of a mailbox fall out of the cache. */
  forget(mailbox) {
    for (const link of this.links.values()) if (link.mailbox === mailbox) link.retired = true;
  }

  /** Carries out one call. */
  answer({ mailbox, folder, prefer, query, path, fault }) {
    const round = this.round({ mailbox, folder, query, path });
    const { first } = round;
    const gone = () => this.goneTo(path, first);
    if (fault?.fault === "gone") throw gone();
    if (fault?.fault === "syncStateNotFound") {
      throw new Refusal(fault.status ?? 404, fault.code ?? "syncStateNotFound", "The sync state is not found.");
    }
    if (round.link?.retired) throw gone();
    if (round.link?.parent) round.link.parent.retired = true;
    return this.page({ mailbox, folder, prefer, path, fault, ...round });
  }

  goneTo(path, first = new URLSearchParams()) {
    const query = new URLSearchParams([...first, ["$deltatoken", ""]]);
    const location = `${this.world.origin}${path}?${query}`;
    return new Refusal(410, "SyncStateNotFound", "The sync state generation is not found.", { location });
  }

  /** What is asked for: a first call, or a link. */
  round({ mailbox, folder, query, path }) {
    const token = query.get("$deltatoken") || query.get("$skiptoken");
    if (!token) return this.begin({ mailbox, folder, query });
    const link = this.links.get(token);
    const name = link?.kind === "next" ? "$skiptoken" : "$deltatoken";
    // A folder's id is of one mailbox.
    if (!link || link.folder !== folder.id || !query.get(name)) {
      throw badRequest("The sync state data is not valid.", "ErrorInvalidSyncStateData"); // (mem)
    }
    if ([...query.keys()].length !== 1 || path !== link.path) {
      const strange = [...query.keys()].filter((key) => key !== name).join(", ");
      const said = `The following parameters are not supported with change tracking over the 'Messages' resource: '${strange}'.`;
      throw badRequest(said, "ErrorInvalidUrlQuery");
    }
    const { first } = link;
    if (link.kind === "next") return { link, first, since: link.since, pending: link.pending };
    const pending = [...(link.backlog ?? []), ...this.changes(mailbox, folder, link)];
    return { link, first, since: mailbox.log.length, pending };
  }

  begin({ mailbox, folder, query }) {
    const given = options(query, FIRST_OPTIONS);
    const first = new URLSearchParams([...query].filter(([name]) => name !== "$deltatoken"));
    if (given.changeType !== undefined && !TYPES.includes(given.changeType)) {
      throw badRequest(`The value '${given.changeType}' of 'changeType' is not valid.`, "ErrorInvalidUrlQuery");
    }
    if (given.$orderby !== undefined && given.$orderby !== "receivedDateTime desc") throw unsupported("$orderby");
    if (given.$filter !== undefined && !/^receivedDateTime (ge|gt) \S+$/.test(given.$filter))
      throw unsupported("$filter");
    if (given.$top !== undefined && !/^[1-9]\d{0,2}$/.test(given.$top)) throw unsupported("$top");
    selected(given.$select);
    const { matches } = given.$filter ? parseFilter(given.$filter) : { matches: () => true };
    const inside = mailbox.in(folder.id).filter(matches);
    const ordered = given.$orderby ? inside.sort((a, b) => b.received - a.received) : this.world.shuffled(inside);
    return { first, since: mailbox.log.length, pending: ordered.map((message) => removable(message)) };
  }

  /** What has happened in a folder since a deltaLink was given: each message once. */
  changes(mailbox, folder, { since, first }) {
    const latest = new Map();
    for (const entry of mailbox.log.slice(since)) {
      if (entry.folder !== folder.id) continue;
      const before = latest.get(entry.key);
      // What is new and then changed is new.
      const type = entry.type === "updated" && before?.type === "created" ? "created" : entry.type;
      latest.set(entry.key, { ...entry, type });
    }
    const wanted = first.get("changeType");
    const matches = first.has("$filter") ? parseFilter(first.get("$filter")).matches : () => true;
    const list = [...latest.values()].filter((entry) => {
      const message = mailbox.messages.get(entry.key);
      return (!wanted || entry.type === wanted) && (entry.type === "deleted" || (message && matches(message)));
    });
    return first.has("$orderby") ? list.reverse() : this.world.shuffled(list);
  }

  page({ mailbox, folder, prefer, path, fault, link, first, since, pending }) {
    const kind = fault?.fault;
    const size = prefer.pageSize ?? Number(first.get("$top") ?? PAGE_SIZE);
    const base = { mailbox, folder: folder.id, path, first, parent: link };
    if (kind === "empty") return this.body([], this.link({ ...base, kind: "next", since, pending }));
    if (kind === "late") return this.body([], this.link({ ...base, kind: "delta", since, backlog: pending }));
    const here = pending.slice(0, size);
    const items = here.flatMap((entry) => this.item(entry, { mailbox, folder, prefer, first }));
    if (kind === "twice" && items.length > 0) items.push(items[0]);
    if (kind === "replay") {
      const old = mailbox
        .in(folder.id)
        .filter((m) => !here.some((entry) => entry.key === m.key))
        .slice(0, fault.items ?? 3);
      items.push(...old.flatMap((m) => this.item(removable(m), { mailbox, folder, prefer, first })));
    }
    const rest = pending.slice(size);
    const next = rest.length > 0 ? { kind: "next", pending: rest } : { kind: "delta" };
    return this.body(items, this.link({ ...base, since, ...next }));
  }

  /** One item as it is now: a message, or that it is not here any more. */
  item(entry, { mailbox, folder, prefer, first }) {
    const message = mailbox.messages.get(entry.key);
    if (message?.folder === folder.id) {
      const shown = shownMessage(message, { mailbox, prefer, select: selected(first.get("$select") ?? undefined) });
      return [{ "@odata.type": "#microsoft.graph.message", ...shown }];
    }
    const wanted = first.get("changeType");
    if (wanted && wanted !== "deleted") return [];
    const id = prefer.immutable ? entry.immutableId : entry.mutableId;
    const reason = message ? "changed" : "deleted"; // it is elsewhere, or gone for good
    return [{ "@odata.type": "#microsoft.graph.message", id, "@removed": { reason } }];
  }

  link(fields) {
    const token = this.world.opaque();
    this.links.set(token, { ...fields, retired: false });
    const own = [...this.links.entries()].filter(([, one]) => one.mailbox === fields.mailbox && !one.retired);
    for (const [, old] of own.slice(0, Math.max(0, own.length - this.world.limits.deltaTokens))) old.retired = true;
    const name = fields.kind === "next" ? "$skiptoken" : "$deltatoken";
    return { [`@odata.${fields.kind}Link`]: `${this.world.origin}${fields.path}?${name}=${token}` };
  }

  body(value, link) {
    const context = `${this.world.origin}/v1.0/$metadata#Collection(message)`;
    return { status: 200, body: { "@odata.context": context, ...link, value } };
  }
}

const removable = ({ key, immutableId, mutableId }) => ({ key, immutableId, mutableId, type: "created" });

const unsupported = (name) =>
  badRequest(
    `The following parameters are not supported with change tracking over the 'Messages' resource: '${name}'.`,
    "ErrorInvalidUrlQuery",
  );
