import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { loadModel, type QwenVL, saveModel } from '#model';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'save-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function bits(model: QwenVL): Record<string, string> {
  return Object.fromEntries(
    [...model.parameters].map(([name, tensor]) => [
      name,
      Buffer.from(tensor.detach().toArray().buffer).toString('base64'),
    ]),
  );
}

test('a process that is killed while it saves leaves a whole checkpoint under the final name, or none', async () => {
  const source = fileURLToPath(new URL('../fixtures/model/windows/model', import.meta.url));
  const out = join(folder, 'out');
  const program = `
    import { loadModel, saveModel } from '#model';
    const model = loadModel(${JSON.stringify(source)});
    for (let round = 0; ; round++) {
      const shardBytes = round % 2 === 0 ? 3_000 : 50_000;
      saveModel(${JSON.stringify(out)}, model.parameters, { source: ${JSON.stringify(source)}, dtype: 'f32', shardBytes });
      if (round === 0) console.log('saved');
    }`;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const given = ['--conditions=source', '--input-type=module', '--eval', program];
  using model = loadModel(source);
  for (const delayMs of [3, 31, 74]) {
    const child = spawn(process.execPath, given, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (!existsSync(out)) continue;
    using again = loadModel(out);
    expect(bits(again)).toEqual(bits(model));
  }
  saveModel(out, model.parameters, { source, dtype: 'f32' });
  expect(readdirSync(folder)).toEqual(['out']);
}, 120_000);
