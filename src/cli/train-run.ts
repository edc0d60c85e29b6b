import { createHash } from 'node:crypto';
import type { Policy } from '#policy';
import type { TrainSetup, TrainState } from '#rl';
import { decodeState, freshState, planRun, train, TrainError, Watchdog } from '#rl';
import type { Json, Resumed, RunHead, RunStore } from '#run';
import { createRun, RunError, resumeRun } from '#run';
import { engineConfig } from '#tensor';
import { UsageError } from './command.ts';
import type { ExitCode, Io } from './command.ts';
import type { LiveRun } from './compose.ts';
import { compose, weightsHash } from './compose.ts';
import type { GateCheck } from './gate.ts';
import { gateData, runGate } from './gate.ts';
import { reportAtEnd } from './report.ts';
import type { TrainOptions } from './train.ts';
import type { RunPlan } from './train-config.ts';
import { planOf, resumedPlan, storedConfig } from './train-config.ts';
import { counted } from './text.ts';
import { TrainDisplay } from './train-display.ts';
import type { Engine } from './train-head.ts';
import { changesSince, engineOf, headOf, skippedGate } from './train-head.ts';
import type { PublishedAt } from './train-listener.ts';
import { TrainListener } from './train-listener.ts';
import type { Tracker } from './train-trackers.ts';
import { tensorBoard } from './train-trackers.ts';
import { demandWandb, weightsAndBiases } from './train-wandb.ts';

/** Begins a run in a folder or goes on with it. */
export async function trainRun(given: TrainOptions, folder: string, io: Io): Promise<ExitCode> {
  using owned = new DisposableStack();
  const resumed = given.resume ? owned.use(resumeRun(folder)) : undefined;
  const plan = resumed === undefined ? planOf(given) : resumedPlan(resumed.head, given);
  if (given.wandb !== undefined) await demandWandb();
  const engine = engineOf(given, resumed?.head.versions);
  demandDevice(engine.device);
  await using live = await compose(plan.config, { io, run: folder, ...engine });
  tellPlan(plan, live, io);
  if (resumed !== undefined) {
    demandSameData(resumed, live);
    demandSameStart(resumed, plan, live);
    tellChanges(resumed.head, engine, io);
    if (resumed.gone.length > 0) {
      io.err(
        `note: ${resumed.gone.join(', ')}: the files are gone, and so is what came with them\n`,
      );
    }
  }
  const skip = given.skipGate || (resumed?.head.stamps.includes(skippedGate) ?? false);
  const begins = resumed === undefined || resumed.checkpoint === null;
  const checks = begins && !skip ? await passGate(plan, live, io) : [];
  if (checks === undefined) return 1;
  if (begins && skip) io.err('the checks before the first step are SKIPPED, as asked for\n');
  const store =
    resumed?.goOn() ?? owned.use(createRun(folder, headOf(plan, live, { folder, skip, engine })));
  if (begins) recordStart(store, live, checks);
  return await goOn({ given, plan, live, store, io, checkpoint: resumed?.checkpoint ?? null });
}

function demandDevice(device: string): void {
  const { devices } = engineConfig();
  if (devices.includes(device === 'cuda' ? 'cuda:0' : device)) return;
  throw new UsageError(
    `--device ${device}: expected one of ${devices.join(', ')}, which libtorch finds here; ` +
      '`vl-rethinker doctor` says why',
  );
}

function tellPlan({ preset, config, stamps }: RunPlan, { data, start }: LiveRun, io: Io): void {
  const { iterations, steps } = planRun(data.training.length, config);
  const problems = Math.min(config.rollout.problemsPerSync, data.training.length);
  io.err(
    `${preset.name}: ${counted(data.training.length, 'problem')}, ${data.validation.length} for validation, ` +
      `${counted(iterations, 'iteration')} of ${problems} × ${config.rollout.groupSize} responses, ` +
      `${counted(steps, 'step')}; from ${start}\n`,
  );
  for (const [name, count] of Object.entries(data.dropped)) io.err(`note: ${name}: ${count}\n`);
  for (const note of data.notes) io.err(`note: ${note}\n`);
  for (const stamp of stamps) io.err(`! ${stamp}\n`);
}

function demandSameData({ head }: Resumed, { data }: LiveRun): void {
  const expected = head.versions['data'];
  if (expected === undefined || expected === data.hash) return;
  throw new RunError(
    `expected the problems that the run began with (${expected.slice(0, 12)}…), ` +
      `found others (${data.hash.slice(0, 12)}…); put the data back as it was, or begin a new run`,
  );
}

/** The start checkpoint is read again before the first checkpoint of the run, and as the reference. */
function demandSameStart({ head, checkpoint }: Resumed, { config }: RunPlan, live: LiveRun): void {
  if (checkpoint !== null && config.loss.klCoef === 0) return;
  const expected = head.versions['weights'];
  const found = weightsHash(live.start);
  if (expected === undefined || expected === found) return;
  throw new RunError(
    `expected the weights that the run began with (${expected}) in ${live.start}, ` +
      `found others (${found}); put them back as they were, or begin a new run`,
  );
}

/** Exact resume is promised where nothing that computes has changed. */
function tellChanges({ versions }: RunHead, engine: Engine, io: Io): void {
  const changes = changesSince(versions, engine);
  if (changes.length === 0) return;
  io.err(`note: ${changes.join('; ')}: what follows may differ from an uninterrupted run\n`);
}

/** Undefined when a check failed. */
async function passGate(
  { config }: RunPlan,
  live: LiveRun,
  io: Io,
): Promise<readonly GateCheck[] | undefined> {
  const start = performance.now();
  // A policy of its own: the checks leave moments and versions behind that no run should begin with.
  await using policy = await live.openPolicy();
  const checks = await runGate(config, live, policy);
  const failed = checks.filter(({ passed }) => !passed);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (failed.length === 0) {
    io.err(`gate: ${checks.length} checks passed in ${seconds} s\n`);
    return checks;
  }
  for (const { name, passed, found } of checks) {
    io.err(`gate: ${passed ? 'passed' : 'FAILED'}: ${name}: ${found}\n`);
  }
  io.err(
    `training is refused: ${failed.map(({ name }) => name).join('; ')}. ` +
      'Mend what failed; --skip-gate begins nevertheless and marks the run\n',
  );
  return undefined;
}

function recordStart(store: RunStore, { data }: LiveRun, checks: readonly GateCheck[]): void {
  store.record({
    kind: 'started',
    iteration: 0,
    step: 0,
    data: {
      gate: gateData(checks),
      problems: data.training.length,
      validation: data.validation.length,
      notes: data.notes as Json,
    },
    metrics: data.dropped,
  });
}

interface Going {
  readonly given: TrainOptions;
  readonly plan: RunPlan;
  readonly live: LiveRun;
  readonly store: RunStore;
  readonly io: Io;
  readonly checkpoint: Resumed['checkpoint'];
}

/** From here on there is a run: trains until it ends, or is told to stop. */
async function goOn(going: Going): Promise<ExitCode> {
  const { given, plan, live, store, io, checkpoint } = going;
  const { config } = plan;
  await using owned = new AsyncDisposableStack();
  const policy = owned.use(await live.openPolicy());
  const reference = config.loss.klCoef > 0 ? owned.use(await live.openPolicy()) : undefined;
  const from = await restore(going, policy);
  const schedule = planRun(live.data.training.length, config);
  const step = schedule.firstStep(from.iteration) + (from.collected?.batchesDone ?? 0);
  const display = owned.use(new TrainDisplay(io, given.json, { ...schedule, from: step }));
  const trackers = await openTrackers(going, step, display);
  for (const tracker of trackers) owned.use(tracker);
  const watchdog = owned.use(
    new Watchdog(config.watchdog.stallSeconds, ({ message }) =>
      display.note(`stalled: ${message}`),
    ),
  );
  const progress: NonNullable<TrainSetup['progress']> = (told) => {
    watchdog.note(told);
    display.progress(told);
  };
  const signal = io.signal;
  const parts = { config, live, policy, store, display, trackers, signal, progress };
  const listener = new TrainListener(parts, from, checkpoint !== null);
  const setup = live.setup(policy, {
    signal,
    progress,
    ...(reference === undefined ? {} : { reference }),
  });
  try {
    const heard = { at: publishedAt(from, schedule), events: train(config, setup, from), signal };
    const left = await hearAll(listener, heard, given.stopAfter);
    if (left !== undefined) {
      await listener.saveStopped();
      display.note(`stopped after ${counted(left, 'iteration')}, as asked for; --resume goes on`);
      return 0;
    }
  } catch (cause) {
    if (!signal.aborted) throw explained(cause, store);
    const name = await listener.saveStopped();
    display.note(`stopped; ${name ?? 'the last checkpoint'} is saved, --resume goes on from there`);
    return 1;
  }
  const code = conclude(going);
  await reportAtEnd(store.folder, io);
  return code;
}

/** The state to go on from; the policy is at its weights. */
async function restore(
  { checkpoint, live, plan, store, io }: Going,
  policy: Policy,
): Promise<TrainState> {
  const { training } = live.data;
  if (checkpoint === null) return freshState(training.length);
  const { name, state } = checkpoint;
  await policy.load(store.weightsOf(checkpoint));
  const promptOf = (id: string) => {
    const problem = training.get(id);
    if (problem === undefined) throw new RunError(`expected problem ${id} in the data, found none`);
    return live.prompt(problem, plan.config.prompt.template);
  };
  const found = stateOf(name, () => decodeState(state, promptOf));
  io.err(`going on from ${name}, iteration ${found.iteration + 1}\n`);
  return found;
}

/** A damaged checkpoint is named, and how to go back behind it. */
function stateOf(name: string, decode: () => TrainState): TrainState {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof TrainError)) throw cause;
    const advice = 'delete its folder to go on from the one before it';
    throw new RunError(`checkpoint ${name}: ${cause.message}; ${advice}`, { cause });
  }
}

/** Where a run stands whose last event was `published`: what was due then may have been cut off. */
function publishedAt(
  { published, collected, iteration }: TrainState,
  { firstStep, iterations }: ReturnType<typeof planRun>,
): PublishedAt | undefined {
  if (!published || collected !== null) return undefined;
  return { iteration, step: firstStep(iteration), final: iteration >= iterations };
}

interface Heard {
  readonly at: PublishedAt | undefined;
  readonly events: ReturnType<typeof train>;
  readonly signal: AbortSignal;
}

/** Hears a run to its end; returns after how many iterations it was left before, as asked for. */
async function hearAll(
  listener: TrainListener,
  { at, events, signal }: Heard,
  stopAfter: number = Infinity,
): Promise<number | undefined> {
  const enough = ({ iteration, final }: PublishedAt) => iteration >= stopAfter && !final;
  if (at !== undefined) await listener.published(at);
  if (at !== undefined && enough(at)) return at.iteration;
  for await (const event of events) {
    await listener.hear(event);
    signal.throwIfAborted();
    if (event.kind === 'published' && enough(event)) return event.iteration;
  }
  return undefined;
}

async function openTrackers(
  { given, plan, store }: Going,
  step: number,
  display: TrainDisplay,
): Promise<readonly Tracker[]> {
  const trackers: Tracker[] = [];
  if (given.tensorboard) trackers.push(tensorBoard(store.folder, step));
  if (given.wandb !== undefined) {
    const { name, startedAt, stamps } = store.reader().head();
    const run = {
      project: given.wandb,
      name,
      id: createHash('sha256').update(`${startedAt} ${name}`).digest('hex').slice(0, 16),
      dir: store.folder,
      notes: stamps.join('\n'),
      config: storedConfig(plan),
    };
    trackers.push(await weightsAndBiases(run, (text) => display.note(text)));
  }
  return trackers;
}

/** An error that ends a run, with what can be done about it. */
function explained(cause: unknown, store: RunStore): unknown {
  if (!(cause instanceof TrainError)) return cause;
  const last = store.checkpoints().at(-1);
  const where =
    last === undefined ? 'there is no checkpoint yet' : `the last checkpoint is ${last.name}`;
  return new TrainError(`${cause.message} (${where})`, { cause });
}

function conclude({ store, io }: Going): ExitCode {
  const reader = store.reader();
  const best = reader.best();
  const last = reader.checkpoints().at(-1);
  const scores = reader.series('eval/reward_mean');
  const [first] = scores;
  const change =
    first === undefined
      ? ''
      : `validation ${first.value?.toFixed(4) ?? ''} → ${scores.at(-1)?.value?.toFixed(4) ?? ''}, `;
  io.err(
    `finished: ${change}best checkpoint ${best?.name ?? 'none'} ` +
      `(${best?.score?.toFixed(4) ?? 'not validated'}), last ${last?.name ?? 'none'}; in ${store.folder}\n`,
  );
  return 0;
}
