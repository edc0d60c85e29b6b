// Trains a fake policy into the run folder named by the first argument, resuming it if it is there.
// Started and killed by test/kill.test.ts; every event takes a moment, so that kills hit everywhere.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeState, encodeState, freshState, recordOf, train } from '#rl';
import { createRun, resumeRun } from '#run';
import { verify } from '#verify';
import { FakePolicy, decode, problems, promptOf, setupOf, tinyRun } from '../fake-policy.ts';

const [folder = ''] = process.argv.slice(2);
const head = { name: 'fake', startedAt: '', config: {}, versions: {}, stamps: [] };
const resumed = existsSync(join(folder, 'run.sqlite')) ? resumeRun(folder) : undefined;
const store = resumed?.goOn() ?? createRun(folder, head);
const checkpoint = resumed?.checkpoint ?? null;
const policy = new FakePolicy();
let state = freshState(problems.length);
if (checkpoint !== null) {
  const [weight, version] = JSON.parse(readFileSync(checkpoint.address, 'utf8')) as [number, number];
  policy.saved.set('here', [weight, version]);
  await policy.load('here');
  const promptFor = (id: string) => promptOf(problems.find((one) => one.id === id)?.question ?? '');
  state = decodeState(checkpoint.state, promptFor);
}
for await (const event of train(tinyRun, setupOf(policy, { verify }), state)) {
  store.record(recordOf(event, { decode, tokens: 'all', folder }));
  if (event.kind === 'alarm') continue;
  const { iteration, step } = event;
  const name = `at-${step}-${event.kind}`;
  await policy.save(name);
  mkdirSync(store.checkpointFolder(name), { recursive: true });
  const address = join(store.checkpointFolder(name), 'weights.json');
  writeFileSync(address, JSON.stringify(policy.saved.get(name)));
  store.checkpoint({ name, iteration, step, address, score: null, state: encodeState(event.state) }, 2);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
writeFileSync(join(folder, 'weights.json'), JSON.stringify(policy.weight));
store.close();
