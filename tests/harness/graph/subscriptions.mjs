// Change notifications: subscriptions, the validation of their addresses, what is told and how it
// gets lost.
//
// Notifications are a hint: by script they are lost, doubled, late (until release()) or failed (not
// even tried, as after a refusal, until redeliver()). What an endpoint does not take with a 2xx waits
// for redeliver() too. After `reauthorizationRequired` nothing more is told until the subscription
// is renewed or reauthorized; what happens meanwhile is lost, as documented.

import { randomUUID } from "node:crypto";
import { badRequest, notFound, Refusal } from "./answer.mjs";
import { etag } from "./message.mjs";
import { folderOf } from "./messages.mjs";
import { MINUTE } from "./world.mjs";

const TYPES = ["created", "updated", "deleted"];
const CLIENT_STATE_MAX = 128;
const SLOW_MS = 2_900; // an endpoint that often takes longer is throttled
const KNOWN = [
  "changeType",
  "notificationUrl",
  "lifecycleNotificationUrl",
  "resource",
  "expirationDateTime",
  "clientState",
  "latestSupportedTlsVersion",
];
const LIFECYCLE = ["reauthorizationRequired", "subscriptionRemoved", "missed"];

export class Subscriptions {
  constructor(world, faults) {
    Object.assign(this, { world, faults });
    this.all = new Map();
    this.told = []; // every notification: { url, body, status, ms, outcome }
    this.waiting = []; // what was not taken
  }

  /** Has a mailbox's changes told. */
  watch(mailbox) {
    mailbox.listeners.push((entry, message) => this.changed(mailbox, entry, message));
  }

  /** Those that live; one whose time is over is gone without a word. */
  living() {
    for (const one of this.all.values()) if (this.world.now() >= one.until) this.all.delete(one.id);
    return [...this.all.values()];
  }

  async create(call) {
    const { mailbox, prefer, world } = call;
    const given = call.json();
    for (const name of Object.keys(given)) {
      if (!KNOWN.includes(name))
        throw badRequest(
          `The property '${name}' does not exist on type 'microsoft.graph.subscription'.`,
          "RequestBodyRead",
        );
    }
    const { changeType, notificationUrl, lifecycleNotificationUrl, resource, clientState = null } = given;
    const types = String(changeType ?? "")
      .split(",")
      .map((type) => type.trim());
    if (!types.every((type) => TYPES.includes(type))) throw invalid("changeType is not valid.");
    if (clientState !== null && (typeof clientState !== "string" || clientState.length > CLIENT_STATE_MAX)) {
      throw invalid(`clientState has at most ${CLIENT_STATE_MAX} characters.`);
    }
    const until = this.end(given.expirationDateTime);
    const folder = call.target.folder && folderOf(mailbox, call.target.folder).id;
    if (this.living().filter((one) => one.mailbox === mailbox).length >= world.limits.subscriptions) {
      throw new Refusal(403, "ExtensionError", "Operation: Create; Exception: Subscription limit reached."); // (mem)
    }
    for (const url of [notificationUrl, lifecycleNotificationUrl]) {
      if (url !== undefined || url === notificationUrl) await this.validate(url);
    }
    const id = randomUUID();
    this.all.set(id, {
      id,
      mailbox,
      folder,
      types,
      resource,
      changeType,
      notificationUrl,
      lifecycleNotificationUrl,
      clientState,
      until,
      immutable: prefer.immutable,
      paused: false,
    });
    return { status: 201, body: this.shown(this.all.get(id)) };
  }

  /** When a subscription is to end: in the future, and not too far. */
  end(text) {
    const until = Date.parse(text ?? "");
    const now = this.world.now();
    const minutes = this.world.limits.subscriptionMinutes;
    if (Number.isNaN(until)) throw invalid("expirationDateTime is missing or malformed.");
    if (until <= now) throw invalid("Subscription expiration must be in the future.");
    if (until > now + minutes * MINUTE)
      throw invalid(`Subscription expiration can only be ${minutes} minutes in the future.`);
    return until;
  }

  /** The round trip: the address must answer 200 and the token, decoded, as plain text, in time. */
  async validate(url) {
    const no = (why) => badRequest(`Subscription validation request failed. ${why}`, "ValidationError");
    const address = URL.canParse(url ?? "") ? new URL(url) : undefined;
    const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(address?.hostname);
    if (!address || (address.protocol !== "https:" && !isLocal))
      throw no("The notification URL must be an https address.");
    // Like the real one it has what a query must encode and a client must decode.
    const token = `Validation: Testing client application reachability for subscription Request-Id: ${randomUUID()} +%2B`;
    address.search += `${address.search ? "&" : "?"}validationToken=${encodeURIComponent(token)}`;
    let answer;
    let text;
    try {
      const signal = AbortSignal.timeout(this.world.limits.validationMs);
      answer = await fetch(address, {
        method: "POST",
        headers: { "content-type": "text/plain; charset=utf-8" },
        body: "",
        redirect: "manual",
        signal,
      });
      text = await answer.text();
    } catch (error) {
      throw no(`The endpoint did not answer: ${error.name}.`);
    }
    if (answer.status !== 200) throw no("Notification endpoint must respond with 200 OK to validation request.");
    if (!/^text\/plain\b/.test(answer.headers.get("content-type") ?? "")) throw no("The answer must be text/plain.");
    if (text !== token) throw no("Response must exactly match validationToken query parameter.");
  }

  shown(one) {
    const { id, resource, changeType, clientState, notificationUrl, lifecycleNotificationUrl = null, until } = one;
    return {
      id,
      resource,
      changeType,
      clientState,
      notificationUrl,
      lifecycleNotificationUrl,
      expirationDateTime: new Date(until).toISOString(),
    };
  }

  /** One that belongs to who asks. */
  of({ params, principal }) {
    const one = this.living().find((it) => it.id === params.subscription);
    if (!one || (principal.user && one.mailbox !== principal.user)) throw notFound("The object was not found.");
    return one;
  }

  list({ principal }) {
    const own = this.living().filter((one) => !principal.user || one.mailbox === principal.user);
    return { status: 200, body: { value: own.map((one) => this.shown(one)) } };
  }

  get = (call) => ({ status: 200, body: this.shown(this.of(call)) });

  renew(call) {
    const one = this.of(call);
    const { expirationDateTime, ...strange } = call.json();
    if (Object.keys(strange).length > 0) throw invalid("Only expirationDateTime can be updated.");
    one.until = this.end(expirationDateTime);
    one.paused = false;
    return { status: 200, body: this.shown(one) };
  }

  reauthorize(call) {
    this.of(call).paused = false;
    return { status: 200 };
  }

  remove(call) {
    this.all.delete(this.of(call).id);
    return { status: 204 };
  }

  changed(mailbox, entry, message) {
    for (const one of this.living()) {
      const fits =
        one.mailbox === mailbox && (!one.folder || one.folder === entry.folder) && one.types.includes(entry.type);
      if (!fits || one.paused || message.isHidden) continue;
      const id = one.immutable ? entry.immutableId : entry.mutableId;
      const resource = `Users/${mailbox.oid}/Messages/${id}`;
      const resourceData = {
        "@odata.type": "#Microsoft.Graph.Message",
        "@odata.id": resource,
        "@odata.etag": etag(message),
        id,
      };
      this.deliver(one, this.about(one, { changeType: entry.type, resource, resourceData }));
    }
  }

  /** A notification of a subscription, with what it says besides. */
  about({ id, clientState, until }, more) {
    const subscriptionExpirationDateTime = new Date(until).toISOString();
    return {
      id: randomUUID(),
      subscriptionId: id,
      subscriptionExpirationDateTime,
      clientState,
      tenantId: this.world.tenant.id,
      ...more,
    };
  }

  /** Tells a lifecycle event: a subscription that is removed is gone, one to be reauthorized is silent. */
  lifecycle(id, lifecycleEvent) {
    const one = this.all.get(id);
    if (!one || !LIFECYCLE.includes(lifecycleEvent))
      throw new Error(`no subscription ${id} or event ${lifecycleEvent}`);
    if (lifecycleEvent === "subscriptionRemoved") this.all.delete(id);
    if (lifecycleEvent === "reauthorizationRequired") one.paused = true;
    if (!one.lifecycleNotificationUrl) return;
    const { id: _, ...body } = this.about(one, { lifecycleEvent });
    this.deliver(one, body, one.lifecycleNotificationUrl);
  }

  deliver(one, notification, url = one.notificationUrl) {
    const fault = this.faults.take("notify", one.mailbox.address)?.fault;
    const body = { value: [notification] };
    const go = () => this.world.track(this.post(url, body));
    if (fault === "lost") return void this.told.push({ url, body, outcome: "lost" });
    if (fault === "failed") return void this.waiting.push({ url, body });
    if (fault === "late") return this.world.hold(go);
    go();
    if (fault === "doubled") go();
  }

  async post(url, body) {
    const began = Date.now();
    const entry = { url, body, status: undefined, ms: undefined, outcome: "sent" };
    this.told.push(entry);
    try {
      const signal = AbortSignal.timeout(this.world.limits.validationMs);
      const headers = { "content-type": "application/json; charset=utf-8" };
      const answer = await fetch(url, {
        method: "POST",
        headers,
        body: JSON.stringify(body),
        redirect: "manual",
        signal,
      });
      await answer.arrayBuffer();
      entry.status = answer.status;
    } catch (error) {
      entry.outcome = error.name;
    }
    entry.ms = Date.now() - began;
    entry.isSlow = entry.ms > SLOW_MS;
    if (!(entry.status >= 200 && entry.status < 300)) this.waiting.push({ url, body });
  }

  /** Tells again what was not taken; Graph does that for up to four hours. */
  redeliver() {
    const again = this.waiting.splice(0);
    return Promise.all(again.map(({ url, body }) => this.world.track(this.post(url, body))));
  }
}

const invalid = (message) => badRequest(message, "InvalidRequest");
