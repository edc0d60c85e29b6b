import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSeed, readRun } from '#run';
import {
  checkpoint,
  smallRethinking,
  smallSettings,
  writePuzzles,
} from './__fixtures__/small-run.ts';
import { expectSuccess } from './expect-success.ts';
import type { Ended } from './run-cli.ts';
import { runCli } from './run-cli.ts';
import { differences } from './same-run.ts';

let root = '';
let data = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'train-cli-'));
  data = writePuzzles(root, 30);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const cli = (args: readonly string[], ending: Parameters<typeof runCli>[1] = {}) =>
  runCli(args, { ...ending, cwd: root });

function train(preset: string, run: string, ...more: readonly string[]): readonly string[] {
  const rethinks = /rethinker(?!-hint)|released/u.test(preset) ? smallRethinking : [];
  const where = ['--start', checkpoint, '--data', data, '--run', join(root, run), '--threads', '1'];
  return ['train', '--preset', preset, ...where, ...smallSettings, ...rethinks, ...more];
}
/** Threads are not told again: it goes on with as many as it began with. */
const resume = (run: string) => ['train', '--run', join(root, run), '--resume'];

/** What was stored, and the bytes of weights, optimizer, buffer and trainer. */
const expectSameRun = (run: string, other: string) =>
  expect(differences(join(root, run), join(root, other))).toEqual([]);

let whole: Ended;
beforeAll(async () => {
  whole = await cli(train('rethinker-tiny', 'whole'));
}, 300_000);

test('a run goes from the gate to the best checkpoint through the command line [D11]', () => {
  expect(whole.err).toContain('checks passed');
  expectSuccess(whole);
  expect(whole.err).toMatch(
    /finished: validation [\d.]+ → [\d.]+, best checkpoint iteration-0000\d/u,
  );
  using run = readRun(join(root, 'whole'));
  expect(run.eventsOf('validated').map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
  expect(run.eventsOf('completed')).toHaveLength(3);
  expect(run.best()).toBeDefined();
  const logged = ['accuracy', 'n', 'stderr', 'truncation_fraction', 'no_answer_fraction'];
  const names = [...logged, 'rethink_ratio', 'fix', 'break', 'category/count'];
  expect(run.metricNames()).toEqual(
    expect.arrayContaining(
      ['validation', 'validation-rethink']
        .flatMap((kind) => names.map((name) => `eval/${kind}/${name}`))
        .concat('eval/reward_mean'),
    ),
  );
  expect(existsSync(join(root, 'whole/best/config.json'))).toBe(true);
  expect(readdirSync(join(root, 'whole/tensorboard'))).toHaveLength(1);
  expect(readdirSync(join(root, 'whole/validation')).sort()).toContain(
    'iteration-00003-rethink.jsonl',
  );
});

test('replayed samples reach the loss and rethinkings are kept, through the command line [S1] [rule 32]', () => {
  using run = readRun(join(root, 'whole'));
  const sum = (name: string) =>
    run.series(name).reduce((total, { value }) => total + (value ?? 0), 0);
  expect(sum('replay/drawn')).toBeGreaterThan(0);
  expect(run.rollouts({ replayed: true }).length).toBeGreaterThan(0);
  expect(sum('replay/token_share')).toBeGreaterThan(0);
  expect(sum('rethink/kept')).toBeGreaterThan(0);
  expect(sum('nll/tokens')).toBeGreaterThan(0);
  expect(run.rollouts({ rethought: true }).length).toBe(sum('rethink/kept'));
});

test('two iterations, a stop, and the rest in a folder of another name have the bytes of an uninterrupted run [D8] [rule 38]', async () => {
  const first = await cli(train('rethinker-tiny', 'half', '--stop-after', '2'));
  expect(first.err).toContain('stopped after 2 iterations');
  expect(first.code).toBe(0);
  renameSync(join(root, 'half'), join(root, 'halves'));
  const again = await cli([...resume('halves'), '--stop-after', '2']);
  expect(again.err).toContain('stopped after 2 iterations');
  const second = await cli(resume('halves'));
  expectSuccess(second);
  expectSameRun('halves', 'whole');
  for (const link of ['best', 'last']) {
    expect(readlinkSync(join(root, 'halves', link))).toMatch(/^checkpoints\//u);
  }
}, 300_000);

test.each([
  ['in the middle of an iteration', 'step 3/'],
  ['while rollouts are drawn', 'iteration 1/3  completed'],
  ['during the first validation', 'gate:'],
] as const)(
  'SIGTERM %s saves, leaves within seconds, and resumes exactly [D8]',
  async (name, when) => {
    const run = `stopped-${name.split(' ').at(-1)}`;
    const stopped = await cli(train('rethinker-tiny', run), { signal: 'SIGTERM', when });
    expect(stopped.code).toBe(143);
    expect(stopped.err).toContain('--resume goes on from there');
    const again = await cli(resume(run));
    expectSuccess(again);
    expectSameRun(run, 'whole');
  },
  300_000,
);

test('kill -9 at random moments and --resume give the bytes of an uninterrupted run [D8] [rule 38]', async () => {
  const random = createSeed('kill the command line').stream();
  const kills = Number(process.env['KILLS'] ?? 3);
  const killed = { signal: 'SIGKILL' as const };
  const args = () =>
    existsSync(join(root, 'killed/run.sqlite'))
      ? resume('killed')
      : train('rethinker-tiny', 'killed');
  for (let kill = 0; kill < kills; kill++) {
    await cli(args(), { ...killed, when: 1200 + random.int(3500) });
  }
  expect(expectSuccess(await cli(args())).err).toContain('finished:');
  expectSameRun('killed', 'whole');
}, 600_000);

test('a second process on the same run is refused, and so is a run that is there already', async () => {
  const twice = await cli(train('rethinker-tiny', 'whole'));
  expect(twice.code).toBe(1);
  expect(twice.err).toContain('a run is there already; go on with --resume');
  const long = train('reasoner-tiny', 'locked').map((word) =>
    word === 'train.maxIterations=3'
      ? 'train.maxIterations=0'
      : word === 'train.epochs=2'
        ? 'train.epochs=500'
        : word,
  );
  const seen = Promise.withResolvers<null>();
  const first = cli(long, { signal: 'SIGTERM', when: seen.promise });
  const folder = join(root, 'locked');
  while (!existsSync(join(folder, 'writer.json')))
    await new Promise((next) => setTimeout(next, 50));
  const second = await cli([...resume('locked'), '--stop-after', '1']);
  seen.resolve(null);
  expect(second.code).toBe(1);
  expect(second.err).toContain('another process is writing this run');
  expect((await first).code).toBe(143);
}, 300_000);

test('a run folder of another version is refused in words', async () => {
  await cli(train('reasoner-tiny', 'other', '--stop-after', '1'));
  const version = (number: number) => {
    const database = new DatabaseSync(join(root, 'other/run.sqlite'));
    database.exec(`PRAGMA user_version = ${number}`);
    database.close();
  };
  version(99);
  const { code, err } = await cli(resume('other'));
  version(1);
  expect(code).toBe(1);
  expect(err).toContain('a run folder of another version');
}, 300_000);

test('a run whose settings are not those of this version is refused in words; another commit is told', async () => {
  await cli(train('reasoner-tiny', 'elsewhere', '--stop-after', '1'));
  const changed = async (change: (text: string) => string) => {
    using database = new DatabaseSync(join(root, 'elsewhere/run.sqlite'));
    const { json } = database.prepare('SELECT json FROM head').get() as { readonly json: string };
    expect(change(json)).not.toBe(json);
    database.prepare('UPDATE head SET json = ?').run(change(json));
    const ended = await cli([...resume('elsewhere'), '--stop-after', '1']);
    database.prepare('UPDATE head SET json = ?').run(json);
    return ended;
  };
  const missing = await changed((json) => json.replace('"clipHigh":', '"clipUpper":'));
  expect([missing.code, missing.err]).toEqual([
    1,
    expect.stringContaining('its configuration has loss.clipUpper, which this one does not know'),
  ]);
  const fewer = await changed((json) => json.replace('"clipLow":0.2,', ''));
  expect([fewer.code, fewer.err]).toEqual([
    1,
    expect.stringContaining('its configuration has no loss.clipLow; go on with the version that'),
  ]);
  const older = await changed((json) => json.replace(/"program":"[^"]*"/u, '"program":"0.0.0"'));
  expect(expectSuccess(older).err).toMatch(
    /note: program was 0\.0\.0 and is [\d.]+: what follows may differ from an uninterrupted run/u,
  );
  const threads = await cli([...resume('elsewhere'), '--stop-after', '1', '--threads', '2']);
  expect(expectSuccess(threads).err).toContain('threads was 1 and is 2');
}, 300_000);

test('runs, inspect, diff and export tell what a run has stored', async () => {
  const folder = join(root, 'whole');
  const list = await cli(['runs', '--root', root]);
  expect(list.out).toMatch(/whole\s+rethinker-tiny\s+finished\s+3/u);
  const summary = await cli(['inspect', folder]);
  expect(summary.out).toMatch(/gate sampler and trainer agree: mean/u);
  expect(summary.out).toMatch(/gate picture tokens: \d+ places for \d pictures/u);
  expect(summary.out).toMatch(/iteration\s+validation\s+reward/u);
  const rethought = await cli(['inspect', folder, '--rethought', '--limit', '1']);
  expect(rethought.out).toMatch(/correct “\d”\s+advantage \+/u);
  expect(rethought.out).toMatch(/⟨trigger⟩\s+Wait[^⟨]+⟨\/trigger⟩⟨rethinking⟩/u);
  const replayed = await cli(['inspect', folder, '--replayed', '--limit', '1']);
  expect(replayed.out).toMatch(/trained on in .*\(replayed(?: \d+ times)?, age \d\)/u);
  const diff = await cli(['diff', folder, join(root, 'other')]);
  expect(diff.out).toMatch(/rethink\.mode\s+random\s+off/u);
  const exported = await cli(['export', folder, '--out', join(root, 'exported')]);
  expect(exported.code).toBe(0);
  const lines = readFileSync(join(root, 'exported/rollouts.jsonl'), 'utf8').trim().split('\n');
  expect(lines).toHaveLength(3 * 8 * 4);
});

test('a start checkpoint that is still needed cannot change within a run, and a refusal leaves the run as it was', async () => {
  const start = join(root, 'start');
  cpSync(checkpoint, start, { recursive: true });
  const words = train('reasoner-tiny', 'reference', '--set', 'loss.klCoef=0.1', '--skip-gate');
  const from = words.map((word) => (word === checkpoint ? start : word));
  await cli(from, { signal: 'SIGKILL', when: 'step 3/' });
  const events = () => {
    using run = readRun(join(root, 'reference'));
    return run.events().map(({ seq, kind }) => `${seq} ${kind}`);
  };
  const before = events();
  const file = join(start, 'model.safetensors');
  const weights = readFileSync(file);
  writeFileSync(file, weights.fill(weights.at(-1) === 1 ? 2 : 1, weights.length - 1));
  const { code, err } = await cli(resume('reference'));
  expect(err).toContain('expected the weights that the run began with');
  expect(code).toBe(1);
  expect(events()).toEqual(before);
});

test('settings cannot change within a run', async () => {
  const { code, err } = await cli([...resume('whole'), '--set', 'rethink.q=0.1']);
  expect(code).toBe(2);
  expect(err).toContain('rethink.q cannot change within it');
});

test.each([
  [['--set', 'replay.alfa=2'], 'there is no setting "replay.alfa"; did you mean replay.alpha?'],
  [['--set', 'rethink.q=0.5'], 'rethink.q = 0.5 has no effect: rethink.mode is off'],
  [['--set', 'batch.mode=srs'], 'did you mean ssr?'],
  [['--set', 'batch.mode'], '--set: expected key=value'],
  [['--start', 'runs/nowhere/best'], 'expected a checkpoint at runs/nowhere/best, found none'],
  [['--set', 'rollout.maxPromptTokens=1020'], 'the context of the model'],
  [['--data', 'nothing.jsonl'], 'nothing.jsonl'],
  [['--set', 'validation.problems=30'], 'validation.problems holds out all 30 problems'],
] as const)('%j is refused before anything is begun', async (words, message) => {
  const base = ['train', '--preset', 'reasoner-tiny', '--run', join(root, 'refused')];
  const where = words[0] === '--start' ? [] : ['--start', checkpoint];
  const from = words[0] === '--data' ? [] : ['--data', data];
  const held = words[1].startsWith('validation') ? [] : ['--set', 'validation.problems=6'];
  const { code, err } = await cli([...base, ...where, ...from, ...held, ...words]);
  expect(err).toContain(message);
  expect(code).toBeGreaterThan(0);
  expect(existsSync(join(root, 'refused/run.sqlite'))).toBe(false);
});

test('a folder that cannot be written is refused before anything is loaded', async () => {
  const { code, err } = await cli(train('reasoner-tiny', 'problems.jsonl/run'));
  expect(code).toBe(1);
  expect(err).toContain('problems.jsonl is no folder; choose another folder with --run');
});

test('an unknown preset is answered with the nearest name', async () => {
  const { code, err } = await cli(['train', '--preset', 'reasoner-tin']);
  expect([code, err]).toEqual([2, expect.stringContaining('did you mean reasoner-tiny?')]);
});

test('--help says what an option takes, also where another command means something else by it', async () => {
  expect((await cli(['train', '--help'])).out).toMatch(/--preset <name> .*\n +--set <key=value> /u);
  expect((await cli(['ablate', '--help'])).out).toMatch(/--set <name> +which ablation/u);
});

test('--explain prints the effective algorithm, every setting and its source', async () => {
  const { code, out } = await cli([
    'train',
    '--preset',
    'rethinker',
    '--set',
    'seed=3',
    '--explain',
  ]);
  expect(code).toBe(0);
  expect(out).toContain('Selective Sample Replay');
  expect(out).toMatch(/^seed\s+3\s+set by you/mu);
  expect(out).toMatch(/^replay\.alpha\s+1\s+paper v1/mu);
  const begun = await cli([...resume('whole'), '--explain']);
  expect(begun.code).toBe(0);
  expect(begun.out).toMatch(/^# rethinker-tiny$/mu);
  expect(begun.out).toMatch(/^rollout\.groupSize\s+4 /mu);
});

test('--json gives every event as one document a line, numbers and all', async () => {
  const { code, out } = await cli([
    ...train('reasoner-tiny', 'json', '--skip-gate', '--stop-after', '1'),
    '--json',
  ]);
  expect(code).toBe(0);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; metrics: object });
  expect(new Set(events.map(({ event }) => event))).toContain('stepped');
  expect(events.find(({ event }) => event === 'collected')?.metrics).toHaveProperty('reward/mean');
  using run = readRun(join(root, 'json'));
  expect(run.head().stamps).toContain('the checks before the first step were skipped');
}, 300_000);
