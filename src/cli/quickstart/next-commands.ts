import { join, relative } from 'node:path';
import type { Shown } from './worth-reading.ts';

/**
 * Command lines to go on with, as they are typed in `cwd`. `folder` is the quickstart's, as the user
 * named it; the model is asked again about the first picture whose question fits on a line.
 */
export function nextCommands(
  folder: string,
  shown: readonly Shown[],
  cwd: string,
): readonly string[] {
  const again = shown.find(({ question }) => !question.includes('\n'));
  const { picture, question } = again ?? {
    picture: 'PICTURE',
    question: 'How many red shapes are there?',
  };
  const stage = (number: number) => join(folder, `stage-${number}`);
  const image = again === undefined ? picture : relative(cwd, picture);
  return [
    `inspect ${stage(2)} --rethought`,
    `report ${stage(1)} ${stage(2)}`,
    `ask --model ${join(stage(2), 'best')} --image ${image} "${question}"`,
  ].map((command) => `npx vl-rethinker ${command}`);
}
