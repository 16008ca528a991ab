// What the Worker writes to its log: one JSON object a line.

/** The Worker's own lines of a log: JSON objects with an event. */
export const lines = (log) =>
  log.split("\n").flatMap((text) => {
    const at = text.indexOf('{"');
    try {
      const line = JSON.parse(text.slice(at, text.lastIndexOf("}") + 1));
      return line.event ? [line] : [];
    } catch {
      return [];
    }
  });
