import type { Loss } from '#policy';
import { clippedSurrogate } from './clipped-surrogate.ts';
import { kl } from './kl.ts';
import type { LossTerm, TokenBatch } from './loss-term.ts';
import { nll } from './nll.ts';

/** The term of one loss record. */
export function lossTerm(loss: Loss, batch: TokenBatch): LossTerm {
  switch (loss.kind) {
    case 'clippedSurrogate':
      return clippedSurrogate(loss, batch);
    case 'nll':
      return nll(loss, batch);
    case 'kl':
      return kl(loss, batch);
  }
}
