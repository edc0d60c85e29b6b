import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const door = fileURLToPath(new URL('./index.ts', import.meta.url));
const program = `
  const { chooseWaiting } = await import(${JSON.stringify(door)});
  chooseWaiting();
  console.log(process.env.GOMP_SPINCOUNT ?? 'none', process.env.OMP_WAIT_POLICY ?? 'none');`;

function chosen(env: NodeJS.ProcessEnv): string {
  const { OMP_WAIT_POLICY: _policy, GOMP_SPINCOUNT: _turns, ...rest } = process.env;
  const args = ['--input-type=module', '-e', program];
  const { stdout } = spawnSync(process.execPath, args, { env: { ...rest, ...env } });
  return stdout.toString().trim();
}

test('what the user says about waiting threads stays; else one of two counts is chosen', () => {
  expect(chosen({ OMP_WAIT_POLICY: 'active' })).toBe('none active');
  expect(chosen({ GOMP_SPINCOUNT: '7' })).toBe('7 none');
  expect(chosen({})).toMatch(/^(0|3000) none$/);
});
