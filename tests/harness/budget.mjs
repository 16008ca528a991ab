/** The Worker's size, gzipped, in bytes: half of what the free plan takes (README, Decisions). */
export const WORKER_GZIP_MAX = 1_572_864;
