import type { ParityChecker } from './parity-check.ts';
import { checkImages } from './parity-images.ts';
import { checkSmartResize } from './parity-smart-resize.ts';
import { checkTokenizer } from './parity-tokenizer.ts';

/** Checkers of what needs no model, by the fixture's `kind`. */
export const processorCheckers: Readonly<Record<string, ParityChecker>> = {
  'image-processor': checkImages,
  'smart-resize': checkSmartResize,
  tokenizer: checkTokenizer,
};
