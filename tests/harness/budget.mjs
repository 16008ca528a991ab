/** The Worker's size, gzipped, in bytes: a third of what the free plan takes (README, Decisions). */
export const WORKER_GZIP_MAX = 1_000_000;
