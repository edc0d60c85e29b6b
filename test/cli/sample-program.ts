import { main } from '../../src/cli/main.ts';
import { samples } from './sample.ts';

await main(process.argv.slice(2), samples);
