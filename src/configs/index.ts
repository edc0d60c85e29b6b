import type { Preset } from '#rl';
import { ablations, ownAblations } from './ablations.ts';
import { releasedCode } from './released-code.ts';
import { atOtherSizes } from './sizes.ts';
import { stages } from './stages.ts';
import { tinySibling } from './tiny.ts';

const at7b: readonly Preset[] = [...stages, ...ablations, ...ownAblations, releasedCode];

/** Every preset of the command line, by name; each at 7B has a `-tiny` sibling with the same switches. */
export const presets: readonly Preset[] = [
  ...at7b,
  ...atOtherSizes(stages),
  ...at7b.map(tinySibling),
];
