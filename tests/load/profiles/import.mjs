// Fifty thousand rows, 30 % of them of people who are there already, as four files at once.

import { importBig, PERSON_BYTES } from "../../harness/import_big.mjs";
import { onStage } from "../scene.mjs";

export const about = "50,000 prospects, 30 % of them duplicates, in four files at once";
export const usual = { rows: 50_000 };

const FILES = 4;
/** Of workerd: objects keep their databases open for a while, in three files each. */
export const files = () => 16_384;

/** `everyMs`: how often is looked whether it is done. */
export const run = ({ rows, say, everyMs }) =>
  onStage({ bytes: PERSON_BYTES * rows, say }, async (stage) => {
    const watched = stage.watch();
    const done = await importBig(stage.url, { rows, files: FILES, everyMs });
    const machine = watched.stop();
    const { seconds } = done;
    const lines = [
      ["offered", `${rows} rows of ${done.distinct} people, read after ${seconds.read.toFixed(1)} s`],
      ["accepted", `${done.created} created, ${done.known} known, after ${seconds.imported.toFixed(1)} s (${(rows / seconds.imported).toFixed(1)} rows a second)`],
      ["refused", `${done.failed} failed`],
      ["unanswered", String(done.silent)],
      ["lost", `${done.lost} of ${done.distinct} people; ${done.doubled} prospects too many`],
      ["latency", `of requests with a file: ${done.sends}`],
      ["", `of asking how far it is: ${done.polls}`],
      ["listed", `${done.found} of ${done.distinct} people are in D1 after ${seconds.listed.toFixed(1)} s`],
      ...machine,
    ];
    const problems = done.problem ? [done.problem] : [];
    if (done.failed > 0) problems.push(`${done.failed} rows failed`);
    return { lines, problems, tallies: [], done };
  });
