// Feeds of prospects, good and bad: JSON, RSS 2.0 and Atom (RFC 4287), with ETag and Last-Modified
// (RFC 9110). A feed is a page of a site (sites.mjs), so robots.txt and all that pages.mjs can do
// (redirects, endless and slow bodies, bombs) hold for it too.
//
//   const feeds = await startFeeds();
//   feeds.put("/people.json", jsonFeed({ people: [{ name: "Ann", mail: "ann@acme.test" }] }));
//   feeds.put("/news.xml", rss([{ title: "Acme grows", link: "https://acme.test/" }]));
//   feeds.url + "/people.json"
//
// Every good feed tells its ETag and Last-Modified, and answers 304 to who has it already. It
// refuses what sites refuse; what a client must refuse stands under BAD.

import { createHash } from "node:crypto";
import { startSites } from "./sites.mjs";

const MODIFIED = "Mon, 02 Nov 2026 09:00:00 GMT";
const TYPES = {
  json: "application/json; charset=utf-8",
  rss: "application/rss+xml; charset=utf-8",
  atom: "application/atom+xml; charset=utf-8",
  xml: "application/xml",
};
const PUBLISHED = Date.UTC(2026, 10, 1);

/** A server with one site for feeds, which everybody may ask. */
export async function startFeeds({ domain = "feeds.test", robots, ...options } = {}) {
  const sites = await startSites(options);
  const site = sites.add(domain, { robots, pages: {} });
  return Object.assign(sites, { site, url: site.url, put: site.put });
}

/** A body that who has it already need not be given again. */
export function cached(type, body, { modified = MODIFIED } = {}) {
  const etag = `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  const headers = { etag, "last-modified": modified, "cache-control": "max-age=60" };
  return ({ headers: { "if-none-match": known, "if-modified-since": since } }) => {
    const tags = known?.split(",").map((one) => one.trim().replace(/^W\//, ""));
    // RFC 9110 13.1.3: a date counts only where no tag is given.
    const isSince = Date.parse(since) >= Date.parse(modified);
    const has = tags ? tags.includes(etag) || known === "*" : isSince;
    return has ? { status: 304, headers } : { status: 200, type, headers, body };
  };
}

/** Any JSON as a feed. */
export const jsonFeed = (value) => cached(TYPES.json, JSON.stringify(value));

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };
const xml = (text) => String(text).replace(/[&<>"']/g, (one) => ESCAPES[one]);
const element = (name, text) => (text === undefined ? "" : `<${name}>${xml(text)}</${name}>`);
const each = (fields) => Object.entries(fields).map(([name, text]) => element(name, text)).join("");

/**
 * RSS 2.0 of items: title, link, description, author, guid, published (ms), and `more` elements by
 * name, as { "dc:creator": "Ann" }. A description in `html` stands in CDATA.
 */
export function rss(items, { title = "News" } = {}) {
  const shown = items.map(({ html, published = PUBLISHED, more = {}, guid, ...item }) => {
    const date = new Date(published).toUTCString();
    const cdata = html === undefined ? "" : `<description><![CDATA[${html}]]></description>`;
    const { title: name, link, description, author } = item;
    const own = { title: name, link, description, author, guid: guid ?? link, pubDate: date };
    return `<item>${each({ ...own, ...more })}${cdata}</item>`;
  });
  const head = `<title>${xml(title)}</title><link>https://feeds.test/</link>`;
  return cached(
    TYPES.rss,
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"' +
      ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>' +
      `${head}<description>News</description>${shown.join("")}</channel></rss>`,
  );
}

/** Atom of entries: title, link, summary, author { name, email }, id, updated (ms). */
export function atom(entries, { title = "News" } = {}) {
  const shown = entries.map(({ link, author, updated = PUBLISHED, id, ...entry }) => {
    const { name, email } = author ?? {};
    const who = author ? `<author>${each({ name, email })}</author>` : "";
    const href = link ? `<link rel="alternate" href="${xml(link)}"/>` : "";
    const at = new Date(updated).toISOString();
    const own = { id: id ?? link, title: entry.title, summary: entry.summary, updated: at };
    return `<entry>${each(own)}${href}${who}</entry>`;
  });
  const head = each({ id: "urn:feeds", title, updated: new Date(PUBLISHED).toISOString() });
  return cached(
    TYPES.atom,
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">' +
      `${head}${shown.join("")}</feed>`,
  );
}

const given = (type, body) => ({ status: 200, type, body });
const laughs = (levels) => {
  const entities = Array.from({ length: levels }, (_, n) => {
    const inside = n === 0 ? "lol" : `&l${n - 1};`.repeat(10);
    return `<!ENTITY l${n} "${inside}">`;
  });
  return entities.join("\n");
};
const around = (doctype, title) =>
  `<?xml version="1.0"?>\n${doctype}\n<rss version="2.0"><channel><item>` +
  `<title>${title}</title><link>https://acme.test/</link></item></channel></rss>`;
const outside = (what) => `<!DOCTYPE rss [<!ENTITY x SYSTEM "${what}">]>`;

/** Feeds that a client must refuse, or get through without harm, by name. */
export const BAD = {
  unclosed: given(TYPES.rss, '<?xml version="1.0"?><rss><channel><item><title>Acme</title>'),
  crossed: given(TYPES.rss, "<rss><channel><item><title>Acme</item></title></channel></rss>"),
  bareAmpersand: given(TYPES.rss, around("", "Acme & Sons")),
  unknownEntity: given(TYPES.rss, around("", "Acme &nbsp; Sons")),
  billionLaughs: given(TYPES.xml, around(`<!DOCTYPE rss [${laughs(10)}]>`, "&l9;")),
  quadratic: given(
    TYPES.xml,
    around(`<!DOCTYPE rss [<!ENTITY a "${"a".repeat(50_000)}">]>`, "&a;".repeat(20_000)),
  ),
  fileEntity: given(TYPES.xml, around(outside("file:///etc/passwd"), "&x;")),
  networkEntity: given(TYPES.xml, around(outside("http://169.254.169.254/"), "&x;")),
  remoteDtd: given(TYPES.xml, around('<!DOCTYPE rss SYSTEM "http://evil.test/x.dtd">', "Acme")),
  selfEntity: given(TYPES.xml, around('<!DOCTYPE rss [<!ENTITY x "&x;">]>', "&x;")),
  deepXml: given(TYPES.xml, `${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`),
  manyAttributes: given(
    TYPES.xml,
    `<rss ${Array.from({ length: 50_000 }, (_, n) => `a${n}=""`).join(" ")}></rss>`,
  ),
  latin1: given(
    TYPES.xml,
    Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><rss>Zürich</rss>', "latin1"),
  ),
  utf16: given(TYPES.xml, Buffer.from("\ufeff<?xml version='1.0'?><rss></rss>", "utf16le")),
  html: given("text/html", "<!doctype html><title>Log in</title>"),
  empty: given(TYPES.rss, ""),
  jsonHalf: given(TYPES.json, '{"people":[{"name":"Ann"'),
  jsonDeep: given(TYPES.json, "[".repeat(100_000) + "]".repeat(100_000)),
  jsonLines: given(TYPES.json, '{"name":"Ann"}\n{"name":"Bo"}\n'),
  jsonWithMark: given(TYPES.json, '\ufeff{"people":[]}'),
  jsonNumber: given(TYPES.json, '{"people":[{"id":1e999999,"age":-0}]}'),
  jsonTwice: given(TYPES.json, '{"people":[],"people":[{"name":"Ann"}]}'),
  jsonPrototype: given(TYPES.json, '{"__proto__":{"x":1},"people":[{"constructor":"x"}]}'),
};
