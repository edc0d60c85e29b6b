import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../version.ts';

/** What runs the set-up: npm in a checkout, its script where the package was installed. */
const command: string = existsSync(join(projectRoot, 'src'))
  ? 'npm run setup'
  : `node ${join(projectRoot, 'scripts', 'setup.mjs')}`;

/** What to do where something is missing. */
export const setUp: string = `run ${command}`;

/** What to do where something is there and does not work. */
export const setUpAfresh: string = `run ${command}${command.startsWith('npm') ? ' --' : ''} --fresh`;
