/** What a sampler has done since it was made, or since the figures were cleared. */
export interface SamplerFigures {
  /** Milliseconds spent on pictures, on prompts and continuations, on token steps. */
  readonly encodeMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  /** Token steps, and rows in them, all together. */
  readonly steps: number;
  readonly rows: number;
  /** Prompt tokens and patches that were computed; what was known already does not count. */
  readonly prefillTokens: number;
  readonly patches: number;
  /** Most bytes of keys and values at one time. */
  readonly peakBytes: number;
}

type Writable = { -readonly [Key in keyof SamplerFigures]: SamplerFigures[Key] };

/** Zero everywhere. */
export function noFigures(): Writable {
  return {
    encodeMs: 0,
    prefillMs: 0,
    decodeMs: 0,
    steps: 0,
    rows: 0,
    prefillTokens: 0,
    patches: 0,
    peakBytes: 0,
  };
}
