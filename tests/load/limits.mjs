// Limits of the product that loads lean on; README, Limits, has them all.

/** How much a workspace and an agent may ask, where no operator has said otherwise. */
export const USUAL = { workspace: { burst: 1_000, seconds: 10 }, agent: { burst: 300, seconds: 10 } };
/** How many connections an agent may have. */
export const CONNECTIONS_PER_AGENT = 100;
/** How many inboxes a campaign may have. */
export const INBOXES_PER_CAMPAIGN = 50;
