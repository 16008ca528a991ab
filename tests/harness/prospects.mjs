// People, and the same people as others write them.

import { seeded } from "./until.mjs";

/** A number as a word of letters, each number another. */
const word = (n) => [...String(n).padStart(5, "0")].map((digit) => "aeiounlrst"[digit]).join("");
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** So many people, each with an address, a name and a profile of their own; every third writes from Gmail. */
export const people = (count) =>
  Array.from({ length: count }, (_, n) => {
    const company = `Company ${n % 97}`;
    const name = `${capital(word(n))} ${capital(word(n + 13))}son`;
    const local = name.toLowerCase().replace(" ", ".");
    const email = `${local}@${n % 3 === 0 ? "gmail.com" : `company${n % 97}.example`}`;
    return { email, name, company, profile: local.replace(".", "-") };
  });

const isGmail = ({ email }) => email.endsWith("@gmail.com");
const SPELLINGS = [
  ({ email, name, company }) => [email.toUpperCase(), name, company, "red"],
  ({ email, name, company }) => [`  ${email} `, name.toUpperCase(), company, ""],
  ({ email, name, company }) => [`"""${name}"" <${email}>"`, "", company, ""],
  (person) => [isGmail(person) ? person.email.replaceAll(".", "").replace("@gmailcom", "+list@googlemail.com") : `mailto:${person.email}`, "", "", ""],
  ({ email, name, company }) => [`${email}.`, `"${name}"`, company.toLowerCase(), "blue"],
];

/** Rows that know no address: whoever comes by one first is a prospect until the row with both was read. */
const PASTED = [
  (profile) => `https://www.linkedin.com/in/${profile}/?utm_source=share`,
  (profile) => `linkedin.com/in/${profile}`,
  (profile) => `https://de.linkedin.com/in/${profile.toUpperCase()}/en`,
  (profile) => `http://m.linkedin.com/in/${profile.replaceAll("-", "%2D")}#about`,
  (profile) => `in/${profile}/`,
];

/**
 * As many rows of CSV cells: each person once, then people again in other spellings, mixed, the same each time.
 * With `profiles`, a fifth cell: the profile of every third person, and whoever of them comes again comes by that alone.
 */
export function spellings(list, count, { profiles = false } = {}) {
  const has = (n) => profiles && n % 3 === 1;
  const rows = list.map(({ email, name, company, profile }, n) => [email, name, company, "green", has(n) ? PASTED[0](profile) : ""]);
  for (let n = 0; rows.length < count; n += 1) {
    const at = (n * 7) % list.length;
    const pasted = has(at) ? PASTED[n % PASTED.length](list[at].profile) : "";
    rows.push(pasted ? ["", "", "", "", pasted] : [...SPELLINGS[n % SPELLINGS.length](list[at]), ""]);
  }
  if (!profiles) for (const row of rows) row.pop();
  const random = seeded(1);
  for (let n = rows.length - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    [rows[n], rows[other]] = [rows[other], rows[n]];
  }
  return rows;
}
