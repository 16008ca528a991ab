// A strict stand-in for Microsoft's identity platform and Graph mail, on loopback, for tests.
//
//   const graph = await startGraph({ mailboxes: [{ address: "ann@contoso.test" }] });
//   graph.loginUrl, graph.graphUrl   the base URLs: of login.microsoftonline.com, and of /v1.0
//   graph.tenant, graph.client       { id, domain } and { id, secret, redirectUris, roles, policy }
//   graph.vars                       the settings of a Worker that has this application
//   graph.mailbox("ann@…")           receive({ from, subject, text, … }), receiveRaw(bytes), in("inbox"),
//                                    move(message, "archive"), change(message, { isRead: true }), remove(message)
//   graph.signIn("ann@…")            who is at the browser when authorize is asked
//   graph.script({ on: "delta", after: 1, fault: "gone" })      the faults: faults.mjs has the list
//   graph.requests, graph.accepted, graph.notifications         what it saw, took for sending, told
//   graph.advance(ms)                moves its clock: codes, tokens, subscriptions come to their end
//   graph.release()                  lets go what a script holds
//   await graph.stop()               fails if the stand-in itself made a mistake
//
// It refuses what Graph refuses (scopes, links, ranges, more than four at once). It refuses more where
// Graph would go on and do something else than was meant: a preference that is not known, an immutable
// id without its Prefer, a link whose successor was used, authorize without state, nonce or PKCE, a
// query option that has no effect. The parts:
//   graph/server.mjs         HTTP, records, what happens on the wire
//   graph/routes.mjs         paths and operations
//   graph/faults.mjs         the script of faults
//   graph/identity.mjs       authorize, token, refresh; keys.mjs: id_tokens and their keys
//   graph/access.mjs         tokens, scopes, shared mailboxes; throttle.mjs: limits
//   graph/mailbox.mjs        folders, messages, ids, the log of changes; mime.mjs: raw mail
//   graph/message.mjs        a message as JSON; prefer.mjs, query.mjs: what a client asks for
//   graph/messages.mjs       reading and changing; send.mjs; attachments.mjs; delta.mjs
//   graph/subscriptions.mjs  change notifications
//
// What the real one does and this one does not:
//   - $batch, $search, $expand, $count, beta; calendars, contacts, rules, child folders, categories' list,
//     focused inbox, forward, copy, followup flags, single-value extended properties, translateExchangeIds
//   - a page where the user types a password and consents; form_post, certificates as credentials,
//     conditional access, admin consent, national clouds, personal accounts
//   - item attachments as JSON and reference attachments with a link; ids of attachments that change
//   - what is said of a message that cannot be delivered (no bounce comes of itself), and a Message-ID
//     that Exchange changes after the draft was made
//   - throttling that goes on after a first 429, Retry-After that grows, request costs other than one
//   - notifications in batches, encrypted ones, its own retries for four hours, endpoints throttled for
//     slowness (`notifications` keeps the time of each), the end of a subscription with its token
//   - https: the real one takes notification URLs of no other kind, this one takes loopback too

import { SCOPES } from "./graph/access.mjs";
import { Delta } from "./graph/delta.mjs";
import { Faults } from "./graph/faults.mjs";
import { Identity } from "./graph/identity.mjs";
import { Mailbox } from "./graph/mailbox.mjs";
import { OPERATIONS } from "./graph/routes.mjs";
import { serve } from "./graph/server.mjs";
import { Subscriptions } from "./graph/subscriptions.mjs";
import { Throttle } from "./graph/throttle.mjs";
import { World } from "./graph/world.mjs";

const CLIENT = {
  id: "6731de76-14a6-49ae-97bc-6eba6914391e",
  secret: "a~secret+of/the=tests", // must be URL-encoded in a form
  redirectUris: ["http://127.0.0.1/v1/auth/microsoft/callback"],
  roles: [], // what the application may do by itself
  policy: undefined, // the mailboxes for which it may; undefined: all
};

/**
 * Starts a stand-in.
 *
 * mailboxes           [{ address, name, withholds: scopes its user does not consent to }]
 * client              what is other than the default application
 * limits              what is other than in world.mjs, e.g. { sendsPerMinute: 1e6 }
 * accessTokenSeconds  life of an access token (3599)
 * refreshGraceMs      how long a refresh token works after it was replaced (a minute)
 * keepsMessageIds     whether the Message-ID of a client's MIME stays (false: Exchange gives its own)
 * latencyMs           how long each request takes at least (2)
 * seed                of the order in which delta gives things
 */
export async function startGraph(options = {}) {
  const world = new World(options);
  const faults = new Faults(OPERATIONS);
  const client = { ...CLIENT, ...options.client };
  const identity = new Identity(world, faults, { ...options, client });
  const subscriptions = new Subscriptions(world, faults);
  const delta = new Delta(world);
  const throttle = new Throttle(world);
  const troubles = [];
  const parts = { world, faults, identity, subscriptions, delta, throttle, uploads: new Map(), troubles };

  const addMailbox = (about) => {
    const mailbox = new Mailbox(world, about);
    world.mailboxes.set(mailbox.address, mailbox).set(mailbox.oid, mailbox);
    subscriptions.watch(mailbox);
    return mailbox;
  };
  (options.mailboxes ?? []).forEach(addMailbox);
  const mailbox = (address) => {
    const found = world.mailbox(address);
    if (!found) throw new Error(`no mailbox ${address}`);
    return found;
  };
  const server = await serve(parts);
  const [loginUrl, graphUrl] = [world.origin, `${world.origin}/v1.0`];
  return {
    loginUrl,
    graphUrl,
    tenant: world.tenant,
    client,
    vars: {
      MICROSOFT_CLIENT_ID: client.id,
      MICROSOFT_CLIENT_SECRET: client.secret,
      MICROSOFT_LOGIN_URL: loginUrl,
      MICROSOFT_GRAPH_URL: graphUrl,
      MICROSOFT_REDIRECT_URI: client.redirectUris[0],
    },
    requests: world.requests,
    accepted: world.accepted,
    notifications: subscriptions.told,
    faults: faults.met,
    addMailbox,
    mailbox,
    /** Lets a user into another's mailbox: rights are "fullAccess", "sendAs", "sendOnBehalf". */
    grant: (user, other, rights) =>
      world.grants.push({ user: mailbox(user).address, mailbox: mailbox(other).address, rights }),
    signIn: (address) => identity.signIn(mailbox(address).address),
    revoke: (address, how) => identity.revoke(mailbox(address).address, how),
    rotateKeys: (how) => identity.keys.rotate(how),
    script: (fault) => faults.script(fault),
    get scriptIsSpent() {
      return faults.spent;
    },
    /** The life of the access tokens that are given from now on. */
    set accessTokenSeconds(seconds) {
      identity.accessTokenSeconds = seconds;
    },
    get refreshCount() {
      return identity.refreshCount;
    },
    /** The requests of one operation, or all that `matches`. */
    asked: (what) => world.requests.filter(typeof what === "function" ? what : (one) => one.op === what),
    /** The most requests that there were at once at a mailbox. */
    mostAtOnce: (address) => throttle.most.get(mailbox(address).address) ?? 0,
    /** How often a message was taken for sending. */
    acceptedCount: (internetMessageId) =>
      world.accepted.filter((one) => one.internetMessageId === internetMessageId).length,
    forgetLinks: (address) => delta.forget(mailbox(address)),
    lifecycle: (subscriptionId, event) => subscriptions.lifecycle(subscriptionId, event),
    redeliver: () => subscriptions.redeliver(),
    advance: (ms) => world.advance(ms),
    now: () => world.now(),
    release: () => world.held.splice(0).forEach((go) => go()),
    /** Tokens without the round trip through authorize, for tests of what comes after. */
    tokensFor: (address, scopes = Object.values(SCOPES).flat()) => {
      const list = [
        ...new Set(["openid", "profile", "email", "offline_access", ...scopes.map((one) => one.toLowerCase())]),
      ];
      const { body } = identity.tokens(mailbox(address), list, list);
      return { accessToken: body.access_token, refreshToken: body.refresh_token, idToken: body.id_token };
    },
    /** Resolves when the stand-in has nothing under way: no request, no notification. */
    async idle() {
      while (world.pending.size > 0) await Promise.allSettled([...world.pending]);
    },
    async stop() {
      await server.stop();
      if (troubles.length > 0) throw troubles[0];
    },
  };
}
