/** The texts that make a finished answer go on (paper v3, App. B; the last from the released code). */
export const triggers = {
  self_questioning: '\n\nWait, does it seem right?',
  self_correction: '\n\nWait, there might be a mistake',
  self_verification: "\n\nWait, let's double check",
  bare_wait: '\n\nWait',
} as const;

export type TriggerId = keyof typeof triggers;

/** The three of the paper. */
export const paperTriggers: readonly TriggerId[] = [
  'self_questioning',
  'self_correction',
  'self_verification',
];
