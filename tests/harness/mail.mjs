// Reading what mail servers of tests took.

/** A mail's header, unfolded, by lower-case name; and what follows it. */
export function opened(raw) {
  const text = raw.toString("latin1").replaceAll("\r\n", "\n");
  const end = text.indexOf("\n\n");
  const lines = text.slice(0, end).replaceAll(/\n[ \t]+/g, " ").split("\n");
  const header = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
  return { header, body: text.slice(end + 2) };
}

/** A mail as text with its long lines whole again. */
export const joined = (raw) => String(raw).replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=").replaceAll(/\r?\n[ \t]+/g, " ");
