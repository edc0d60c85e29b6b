export type { ImageRef, Problem } from './problem.ts';
