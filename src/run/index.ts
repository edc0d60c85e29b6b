export type { Metrics } from './metrics.ts';
export { createSeed } from './seed.ts';
export type { Random, Seed } from './seed.ts';
