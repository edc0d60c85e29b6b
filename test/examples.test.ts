import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createModel, parseConfig, saveModel } from '#model';
import { seedTorch } from '#tensor';

const root = fileURLToPath(new URL('..', import.meta.url));
const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'));

/** A checkpoint with a tokenizer and random weights. */
let checkpoint = '';
beforeAll(() => {
  checkpoint = mkdtempSync(join(tmpdir(), 'example-'));
  cpSync(join(root, 'test/fixtures/processor/tokenizer'), checkpoint, { recursive: true });
  const small = join(root, 'test/fixtures/model/windows/model/config.json');
  const [sizes, tokens] = [small, join(checkpoint, 'config.json')].map((path) =>
    JSON.parse(readFileSync(path, 'utf8')),
  );
  const vision_config = { ...sizes.vision_config, ...tokens.vision_config };
  const config = { ...sizes, ...tokens, vision_config };
  writeFileSync(join(checkpoint, 'config.json'), JSON.stringify(config));
  seedTorch(1);
  using model = createModel(parseConfig(config), { deviation: 0.1 });
  saveModel(checkpoint, model.parameters, { source: checkpoint, dtype: 'bf16' });
});
afterAll(() => rmSync(checkpoint, { recursive: true }));

async function run(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--conditions=source', join('examples', name), checkpoint],
    { cwd: root },
  );
  return stdout;
}

/** What an example has to print, beside ending without an error. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  '01-load-a-checkpoint.ts': [
    /^69 parameters, 152800 bytes in bf16$/m,
    /^heads: 4 for queries, 2 for keys/m,
  ],
  '02-describe-a-prompt.ts': [
    /^12 image places: 6 × 8 patches, four to a place$/m,
    /<\|vision_start\|>"$/m,
    /<\|im_start\|>assistant\\n"$/m,
    /^(\d+) tokens in all; the answer starts at position (\d+)$/m,
  ],
  '03-logprobs-of-answers.ts': [/^A: -\d+\.\d{3} nats\nB: -\d+\.\d{3} nats\nNeither of them\.: -/],
};

test.each(examples)('%s runs, in forty lines at most', async (name) => {
  expect(readFileSync(join(root, 'examples', name), 'utf8').split('\n').length).toBeLessThanOrEqual(
    41,
  );
  const printed = await run(name);
  for (const pattern of expected[name] ?? [/./]) expect(printed).toMatch(pattern);
});

test('an answer starts behind the picture by positions, not by places', async () => {
  const printed = await run('02-describe-a-prompt.ts');
  const [, tokens, next] = /^(\d+) tokens in all; .* position (\d+)$/m.exec(printed) ?? [];
  // Twelve places in three rows of four columns advance the position by four.
  expect(Number(tokens) - Number(next)).toBe(12 - 4);
});
