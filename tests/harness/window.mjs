// When campaigns of tests may send.

const DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** A window that is never shut. */
export const ALWAYS = { timeZone: "UTC", week: DAYS.map((day) => ({ day, from: "00:00", to: "24:00" })) };
