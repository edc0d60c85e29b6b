import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { randomAnswer, randomOf, randomSoup } from './__fixtures__/random-answers.ts';
import { createVerifyPool } from './pool.ts';
import type { VerifyTask } from './pool.ts';
import { verify } from './verify.ts';

function tasks(count: number): readonly VerifyTask[] {
  const draw = randomOf(21);
  return Array.from({ length: count }, (_, index) => ({
    input: {
      gold: randomAnswer(draw),
      prediction: index % 3 === 0 ? randomSoup(draw) : `so \\boxed{${randomAnswer(draw)}}`,
      source: 'response' as const,
    },
  }));
}

test('verdicts of a pool of 1 and of 4 equal those of the direct call, byte for byte', async () => {
  const work = tasks(900);
  const direct = JSON.stringify(work.map((task) => verify(task.input, task.options)));
  for (const workers of [1, 4]) {
    const pool = createVerifyPool({ workers, batchSize: 64 });
    expect(JSON.stringify(await pool.verifyAll(work))).toBe(direct);
    expect(pool.killed).toBe(0);
    await pool.close();
  }
});

test('the order of the pairs changes no verdict', () => {
  const work = tasks(300);
  const forward = work.map((task) => verify(task.input));
  const backward = [...work].reverse().map((task) => verify(task.input));
  expect([...backward].reverse()).toEqual(forward);
});

test('another process comes to the same verdicts and steps', () => {
  const script = `
    const { verify } = await import(${JSON.stringify(new URL('./verify.ts', import.meta.url).href)});
    const inputs = JSON.parse(process.argv[1]);
    process.stdout.write(JSON.stringify(inputs.map((input) => verify(input))));`;
  const inputs = tasks(120).map((task) => task.input);
  const args = ['--input-type=module', '-e', script, JSON.stringify(inputs)];
  const out = execFileSync(process.execPath, args, { encoding: 'utf8' });
  expect(out).toBe(JSON.stringify(inputs.map((input) => verify(input))));
});

test('a worker that hangs is ended, its pair reported, and the others judged', async () => {
  const stuck: VerifyTask[] = [];
  const pool = createVerifyPool({
    workers: 1,
    patienceMs: 60,
    startMs: 1_500,
    workerUrl: new URL('./__fixtures__/hanging-worker.ts', import.meta.url),
    onKill: (task) => stuck.push(task),
  });
  const work = ['1', 'hang', '2'].map((prediction) => ({
    input: { gold: '1', prediction, source: 'answer' as const },
  }));
  const verdicts = await pool.verifyAll(work);
  expect(verdicts.map((verdict) => verdict.reason)).toEqual([
    'identical',
    'worker-killed',
    'number-differs',
  ]);
  expect(verdicts[1]).toMatchObject({ correct: false, status: 'over-budget' });
  expect(stuck.map((task) => task.input.prediction)).toEqual(['hang']);
  expect(pool.killed).toBe(1);
  await pool.close();
});

test('a worker that waits for the processor is not ended, however long it takes', async () => {
  const pool = createVerifyPool({
    workers: 1,
    patienceMs: 60,
    workerUrl: new URL('./__fixtures__/hanging-worker.ts', import.meta.url),
  });
  const work = ['1', 'wait', '2'].map((prediction) => ({
    input: { gold: '1', prediction, source: 'answer' as const },
  }));
  const verdicts = await pool.verifyAll(work);
  expect(verdicts.map((verdict) => verdict.reason)).toEqual([
    'identical',
    'shape-differs',
    'number-differs',
  ]);
  expect(pool.killed).toBe(0);
  await pool.close();
});

test('workers that cannot start make the batch fail, and no pair is judged by that', async () => {
  const pool = createVerifyPool({
    workers: 2,
    workerUrl: new URL('./__fixtures__/no-such-worker.ts', import.meta.url),
  });
  await expect(pool.verifyAll(tasks(3))).rejects.toThrow('no-such-worker');
  await expect(pool.verifyAll(tasks(1))).rejects.toThrow('before they judge anything');
  expect(pool.killed).toBeLessThan(4);
  await pool.close();
});

test('flags of the program that only fit its own script do not reach the workers', () => {
  const script = `
    const { createVerifyPool } = await import(${JSON.stringify(new URL('./pool.ts', import.meta.url).href)});
    const pool = createVerifyPool({ workers: 1 });
    const input = { gold: '1', prediction: '1', source: 'answer' };
    const [verdict] = await pool.verifyAll([{ input }]);
    process.stdout.write(verdict.reason);
    await pool.close();`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect(out).toBe('identical');
});

test('a closed pool takes no more work', async () => {
  const pool = createVerifyPool({ workers: 1 });
  await pool.close();
  await expect(pool.verifyAll(tasks(1))).rejects.toThrow('closed');
});
