// What a robots.txt says, by RFC 9309: groups of user agents, the longest rule wins, an allow wins
// over a disallow of the same length, `*` and `$` in paths. Crawl-delay is no part of the RFC, but
// common.

/** The rules of a robots.txt for a product token: { allows(path), delayMs }. */
export function rulesFor(text, token) {
  const groups = groupsOf(text);
  const own = groups.filter((group) => group.agents.includes(token.toLowerCase()));
  const chosen = own.length > 0 ? own : groups.filter((group) => group.agents.includes("*"));
  const rules = chosen.flatMap((group) => group.rules);
  const delays = chosen.flatMap((group) => group.delays);
  return {
    allows: (path) => isAllowed(rules, path),
    delayMs: Math.max(0, ...delays) * 1000,
  };
}

/** The groups: user-agent lines that follow each other, and the rules up to the next of them. */
function groupsOf(text) {
  const groups = [];
  let isOpen = false; // whether a further user-agent line belongs to the last group
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/)) {
    const [, field, value] = /^\s*([\w-]+)\s*:\s*([^#]*?)\s*(?:#.*)?$/.exec(line) ?? [];
    const group = groups.at(-1);
    switch (field?.toLowerCase()) {
      case "user-agent":
        if (isOpen) group.agents.push(value.toLowerCase());
        else groups.push({ agents: [value.toLowerCase()], rules: [], delays: [] });
        isOpen = true;
        break;
      case "allow":
      case "disallow":
        if (value) group?.rules.push({ isAllow: field.toLowerCase() === "allow", pattern: value });
        isOpen = false;
        break;
      case "crawl-delay":
        if (Number(value) > 0) group?.delays.push(Number(value));
        isOpen = false;
        break;
      default:
    }
  }
  return groups;
}

function isAllowed(rules, path) {
  const fitting = rules.filter(({ pattern }) => fits(pattern, path));
  const longest = Math.max(0, ...fitting.map(({ pattern }) => pattern.length));
  const best = fitting.filter(({ pattern }) => pattern.length === longest);
  return best.length === 0 || best.some(({ isAllow }) => isAllow);
}

function fits(pattern, path) {
  const source = decoded(pattern)
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${source.replace(/\\\$$/, "$")}`, "s").test(decoded(path));
}

/** A path with what need not be encoded decoded, so that both ways of writing it are one. */
function decoded(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
