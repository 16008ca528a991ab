// The web sites of prospects' companies, all on one port. Written from RFC 9309 (robots.txt) and
// what browsers take as a page; the pages themselves are in pages.mjs, feeds in feeds.mjs.
//
//   const sites = await startSites();
//   const acme = sites.add("acme.test", { robots: "User-agent: *\nDisallow: /team", pages: {
//     "/": page({ title: "Acme", description: "…", language: "en", emails: ["info@acme.test"] }),
//     "/old": redirect("/"), "/in": redirect(PRIVATE[0]), "/zip": bomb(), "/hop/*": hops,
//   } });
//   acme.url              http://127.0.0.1:PORT/acme.test, under which the site's paths lie;
//                         a request with `Host: acme.test` (any port) finds them without it
//   acme.put("/new", page({ … }))
//   acme.robots = "…"     or an answer, as plain("", 503), or undefined: there is none
//   sites.asked("page"), sites.asked("robots"), sites.trespasses
//
// It refuses (403) a request without a User-Agent, or with that of a library. It does not refuse
// what robots.txt forbids, as no site does, but writes it down in `trespasses`; as well as a page
// that was asked before robots.txt was or a day after, one asked although robots.txt failed with
// 5xx, and a crawl-delay that was not kept. A test ends with
// `assert.deepEqual(sites.trespasses, [])`. Who asks is known by the product token of the
// User-Agent: "postroom" of "Postroom/1.0 (+https://…)".
// It does not have: https, HTTP/2, caching of pages, cookies.

import { missing, page, plain } from "./pages.mjs";
import { rulesFor } from "./robots.mjs";
import { clockOf, Refused, startProvider } from "./server.mjs";

const LIBRARIES = /^(node|undici|curl|wget|python-requests|go-http-client|reqwest)\b/i;
const DAY_MS = 24 * 60 * 60 * 1000; // for which a robots.txt may be kept

/** Starts the server; sites are added to it. */
export async function startSites(options = {}) {
  const clock = clockOf(options);
  const world = { clock, sites: new Map(), trespasses: [] };
  const route = (op, path, answer) => ({
    op,
    method: ["GET", "HEAD"],
    path,
    read: (call) => find(world, call),
    answer,
  });
  const handle = await startProvider({
    clock,
    authorize: identify,
    routes: [
      route("robots", /^(\/[^/]+)?\/robots\.txt$/, (call) => robotsOf(call)),
      route("page", /^\//, (call) => pageOf(world, call)),
    ],
    says: {
      path: missing,
      method: () => plain("Method Not Allowed", 405),
      tooLarge: () => plain("Payload Too Large", 413),
    },
  });
  const add = (domain, about = {}) => {
    const site = siteOf(domain, { url: `${handle.origin}/${domain}`, ...about });
    world.sites.set(domain, site);
    return site;
  };
  return Object.assign(handle, { add, trespasses: world.trespasses });
}

function siteOf(domain, { url, robots, pages = { "/": page({ title: domain }) } }) {
  const all = new Map(Object.entries(pages));
  const put = (path, one) => all.set(path, one);
  return { url, domain, robots, pages: all, put, visitors: new Map() };
}

/** Who asks: the product token, in lower case. */
function identify(call) {
  const agent = call.headers["user-agent"] ?? "";
  const token = /^[\w-]+/.exec(agent)?.[0].toLowerCase();
  if (!token || LIBRARIES.test(agent)) throw new Refused(plain("Who are you?", 403));
  call.record.agent = token;
}

/** The site of a request, by its Host or by the first part of its path, and the path there. */
function find({ sites }, { headers, path, query }) {
  const host = (headers.host ?? "").replace(/:\d+$/, "").toLowerCase();
  const search = query.size > 0 ? `?${query}` : "";
  const byHost = sites.get(host);
  if (byHost) return { site: byHost, path, whole: path + search, base: "" };
  const domain = path.split("/")[1];
  const site = sites.get(domain.toLowerCase());
  if (!site) throw new Refused(plain("No such site.", 421));
  const rest = path.slice(domain.length + 1) || "/";
  return { site, path: rest, whole: rest + search, base: `/${domain}` };
}

/** What the site knows of who asks. */
function visitorOf({ input: { site }, record: { agent } }) {
  const made = { robotsAt: undefined, pageAt: -Infinity };
  if (!site.visitors.has(agent)) site.visitors.set(agent, made);
  return site.visitors.get(agent);
}

function robotsOf(call) {
  const { robots } = call.input.site;
  visitorOf(call).robotsAt = call.now();
  if (robots === undefined) return missing();
  return typeof robots === "string" ? plain(robots) : robots;
}

function pageOf(world, call) {
  const { site, path, base } = call.input;
  watch(world, call);
  const below = [...site.pages.keys()].find(
    (key) => key.endsWith("*") && path.startsWith(key.slice(0, -1)),
  );
  const found = site.pages.get(path) ?? site.pages.get(below);
  if (!found) return missing();
  return typeof found === "function" ? found({ headers: call.headers, path, base }) : found;
}

/** Writes down what a well-behaved visitor does not do. */
function watch({ clock, trespasses }, call) {
  const { site, whole } = call.input;
  const visitor = visitorOf(call);
  const now = clock.now();
  const { robots } = site;
  const isText = typeof robots === "string";
  const rules = rulesFor(isText ? robots : "", call.record.agent);
  const reasons = [
    [visitor.robotsAt === undefined, "robots.txt was not asked for"],
    [now - visitor.robotsAt > DAY_MS, "robots.txt is older than a day"],
    [robots?.status >= 500, "robots.txt cannot be had"],
    [!rules.allows(whole), "robots.txt forbids it"],
    [now - visitor.pageAt < rules.delayMs, "the crawl-delay is not over"],
  ];
  visitor.pageAt = now;
  for (const [isSo, reason] of reasons) {
    if (isSo) trespasses.push({ domain: site.domain, path: whole, reason });
  }
}
