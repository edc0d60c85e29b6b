import type { Metrics } from '#run';
import type { Alarm, AlarmMemory, Look } from './alarms.ts';
import { lookAtIteration, lookAtRollouts, lookAtSkip, lookAtStep } from './alarms.ts';
import type { Batch } from './batch.ts';
import type { TrainConfig } from './config.ts';
import type { TrainEvent } from './events.ts';
import type { Collection } from './collect.ts';
import { timeMetrics } from './metrics/time.ts';
import { PhaseClock } from './phases.ts';
import type { ReplayBuffer } from './replay-buffer.ts';
import type { RunPlan } from './schedule.ts';
import type { TrainSetup } from './setup.ts';
import { TrainError } from './setup.ts';
import type { CollectedState, Counters, TrainState } from './state.ts';

type Telling = AsyncGenerator<TrainEvent, void, undefined>;

/**
 * Where a run stands: counts, keeps what alarms remember, books time, and turns what happens into
 * events that can be resumed from. Knows nothing of the method.
 */
export class Course {
  readonly clock: PhaseClock;
  readonly #config: TrainConfig;
  readonly #plan: RunPlan;
  readonly #replay: ReplayBuffer;
  readonly #problems: number;
  #iteration: number;
  #weightsVersion: number;
  #published: boolean;
  #collected: Omit<CollectedState, 'times'> | null;
  #counters: Counters;
  #memory: AlarmMemory;

  constructor(
    config: TrainConfig,
    { problems, clock }: Pick<TrainSetup, 'problems' | 'clock'>,
    { plan, replay }: { readonly plan: RunPlan; readonly replay: ReplayBuffer },
    from: TrainState,
  ) {
    if (from.problems !== problems.length) {
      throw new TrainError(
        `expected the ${from.problems} problems that the run began with, found ${problems.length}`,
      );
    }
    this.#config = config;
    this.#plan = plan;
    this.#replay = replay;
    this.#problems = problems.length;
    this.#iteration = from.iteration;
    this.#weightsVersion = from.weightsVersion;
    this.#published = from.published;
    this.#collected = from.collected;
    this.#counters = from.counters;
    this.#memory = from.memory;
    this.clock = new PhaseClock(clock, from.collected?.times);
  }

  get iteration(): number {
    return this.#iteration;
  }

  get weightsVersion(): number {
    return this.#weightsVersion;
  }

  get published(): boolean {
    return this.#published;
  }

  get collected(): Omit<CollectedState, 'times'> | null {
    return this.#collected;
  }

  /** Raw batches begun before this moment. */
  get step(): number {
    return this.#plan.firstStep(this.#iteration) + (this.#collected?.batchesDone ?? 0);
  }

  /** The listener's time at this event is its validation. */
  async *publish(weightsVersion: number): Telling {
    this.#weightsVersion = weightsVersion;
    this.#published = true;
    const final = this.#iteration >= this.#plan.iterations;
    yield* this.#tell({ kind: 'published', ...this.#place(), weightsVersion, final }, 'eval');
  }

  async *collect({ groups, samples, failures, metrics, problems }: Collection): Telling {
    const { weightsVersion } = this;
    const sampledTokens = metrics['tokens/sampled'] ?? 0;
    const problemsSeen = this.#counters.problemsSeen + problems;
    this.#counters = { ...this.#counters, problemsSeen };
    this.#collected = { samples, batchesDone: 0, sampledTokens };
    const alarms = this.#look(lookAtRollouts(metrics, this.#memory, this.#config));
    const said = { weightsVersion, groups, samples, failures, metrics };
    yield* this.#alarmed(alarms, { kind: 'collected', ...this.#place(), ...said });
  }

  async *stepped(batch: Batch, metrics: Metrics): Telling {
    const nonfinite = metrics['optim/step_nonfinite'] ?? 0;
    const { nonfiniteSteps } = this.#counters;
    this.#counters = { ...this.#counters, nonfiniteSteps: nonfiniteSteps + nonfinite };
    const place = this.#batchDone();
    const alarms = this.#look(lookAtStep(metrics, this.#memory, this.#config));
    const current = batch.current.map(({ id }) => id);
    const replayed = batch.replay.draws.map(({ sample, age }) => ({ sampleId: sample.id, age }));
    const all = { ...metrics, ...this.#progress() };
    yield* this.#alarmed(alarms, {
      kind: 'stepped',
      ...place,
      ...this.#state(),
      current,
      replayed,
      metrics: all,
    });
  }

  async *skipped(reason: string, metrics: Metrics): Telling {
    const { skippedSteps } = this.#counters;
    this.#counters = { ...this.#counters, skippedSteps: skippedSteps + 1 };
    const place = this.#batchDone();
    const alarms = this.#look(lookAtSkip(metrics, this.#memory, this.#config));
    const all = { ...metrics, ...this.#progress() };
    yield* this.#alarmed(alarms, {
      kind: 'skipped',
      ...place,
      ...this.#state(),
      reason,
      metrics: all,
    });
  }

  /** `cleared` samples have left the replay buffer at the end of the iteration. */
  async *completed(cleared: number): Telling {
    const { samples = [], sampledTokens = 0 } = this.#collected ?? {};
    const alarms = this.#look(lookAtIteration(this.#memory, this.#config));
    const times = timeMetrics(this.clock.times(), { sampledTokens, samples: samples.length });
    const { iteration } = this;
    this.#iteration += 1;
    this.#published = false;
    this.#collected = null;
    this.clock.restart();
    const metrics = { ...times, 'replay/cleared': cleared };
    const place = { iteration, step: this.step };
    yield* this.#alarmed(alarms, { kind: 'completed', ...place, ...this.#state(), metrics });
  }

  /** Yields; what the listener does meanwhile is booked on the phase. */
  async *#tell(event: TrainEvent, phase: 'eval' | 'checkpoint' = 'checkpoint'): Telling {
    const start = this.clock.now();
    yield event;
    this.clock.book(phase, start);
  }

  /** Alarms come before the event whose state remembers them; a fatal one ends the run after it. */
  async *#alarmed(alarms: readonly Alarm[], event: TrainEvent): Telling {
    const { iteration, step } = event;
    for (const alarm of alarms) yield* this.#tell({ kind: 'alarm', iteration, step, alarm });
    yield* this.#tell(event);
    const fatal = alarms.find((alarm) => alarm.fatal);
    if (fatal !== undefined) throw new TrainError(`${fatal.name}: ${fatal.message}`);
  }

  #look({ alarms, memory }: Look): readonly Alarm[] {
    this.#memory = memory;
    return alarms;
  }

  /** Counts a raw batch; returns where it stood. */
  #batchDone(): { readonly iteration: number; readonly step: number } {
    const { iteration, step } = this;
    if (this.#collected !== null) {
      this.#collected = { ...this.#collected, batchesDone: this.#collected.batchesDone + 1 };
    }
    return { iteration, step };
  }

  #place(): { iteration: number; step: number; state: TrainState } {
    const { iteration, step } = this;
    return { iteration, step, ...this.#state() };
  }

  #state(): { readonly state: TrainState } {
    const collected = this.#collected;
    return {
      state: {
        problems: this.#problems,
        iteration: this.#iteration,
        weightsVersion: this.#weightsVersion,
        published: this.#published,
        replay: [...this.#replay.entries],
        collected: collected === null ? null : { ...collected, times: this.clock.times() },
        counters: this.#counters,
        memory: this.#memory,
      },
    };
  }

  /** Counts so far, this step included. */
  #progress(): Metrics {
    const { skippedSteps, nonfiniteSteps, problemsSeen } = this.#counters;
    return {
      'optim/skipped_steps': skippedSteps,
      'optim/nonfinite': nonfiniteSteps,
      'progress/step': this.step,
      'progress/episode': this.#iteration + 1,
      'progress/epoch': problemsSeen / this.#problems,
      'progress/policy_version': this.#weightsVersion,
      'progress/problems_seen': problemsSeen,
    };
  }
}
