// People, and the same people as others write them.

import { seeded } from "./until.mjs";

/** A number as a word of letters, each number another. */
const word = (n) => [...String(n).padStart(5, "0")].map((digit) => "aeiounlrst"[digit]).join("");
const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** So many people, each with an address and a name of their own; every third writes from Gmail. */
export const people = (count) =>
  Array.from({ length: count }, (_, n) => {
    const company = `Company ${n % 97}`;
    const name = `${capital(word(n))} ${capital(word(n + 13))}son`;
    const local = name.toLowerCase().replace(" ", ".");
    return { email: `${local}@${n % 3 === 0 ? "gmail.com" : `company${n % 97}.example`}`, name, company };
  });

const isGmail = ({ email }) => email.endsWith("@gmail.com");
const SPELLINGS = [
  ({ email, name, company }) => [email.toUpperCase(), name, company, "red"],
  ({ email, name, company }) => [`  ${email} `, name.toUpperCase(), company, ""],
  ({ email, name, company }) => [`"""${name}"" <${email}>"`, "", company, ""],
  (person) => [isGmail(person) ? person.email.replaceAll(".", "").replace("@gmailcom", "+list@googlemail.com") : `mailto:${person.email}`, "", "", ""],
  ({ email, name, company }) => [`${email}.`, `"${name}"`, company.toLowerCase(), "blue"],
];

/** As many rows of CSV cells: each person once, then people again in other spellings, mixed, the same each time. */
export function spellings(list, count) {
  const rows = list.map(({ email, name, company }) => [email, name, company, "green"]);
  for (let n = 0; rows.length < count; n += 1) rows.push(SPELLINGS[n % SPELLINGS.length](list[(n * 7) % list.length]));
  const random = seeded(1);
  for (let n = rows.length - 1; n > 0; n -= 1) {
    const other = Math.floor(random() * (n + 1));
    [rows[n], rows[other]] = [rows[other], rows[n]];
  }
  return rows;
}
