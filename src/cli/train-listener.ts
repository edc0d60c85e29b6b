import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import type { Policy } from '#policy';
import type { RunConfig, TrainEvent, TrainState } from '#rl';
import { checkpointDue, encodeState, recordOf, validationDue } from '#rl';
import type { Metrics, RunRecord, RunStore } from '#run';
import { iterationName, RunError } from '#run';
import type { LiveRun } from './compose.ts';
import { counted } from './text.ts';
import type { TrainDisplay } from './train-display.ts';
import type { Tracker } from './train-trackers.ts';
import { validate } from './train-validate.ts';

/** What listens to training: everything that is done with its events. */
export interface Listening {
  readonly config: RunConfig;
  readonly live: LiveRun;
  readonly policy: Policy;
  readonly store: RunStore;
  readonly display: TrainDisplay;
  readonly trackers: readonly Tracker[];
  readonly signal: AbortSignal;
  readonly progress: (progress: {
    readonly phase: 'eval' | 'checkpoint';
    readonly iteration: number;
    readonly done: number;
    readonly total: number;
  }) => void;
}

/** Where a run stands when its weights can be sampled. */
export interface PublishedAt {
  readonly iteration: number;
  readonly step: number;
  readonly final: boolean;
}

/** Records every event, validates and saves when it is time. */
export class TrainListener {
  readonly #parts: Listening;
  #state: TrainState;
  #place = { iteration: 0, step: 0 };
  /** Whether the last event's state has been saved. */
  #saved: boolean;

  constructor(parts: Listening, from: TrainState, saved: boolean) {
    this.#parts = parts;
    this.#state = from;
    this.#saved = saved;
  }

  /** Stores an event in one transaction, then does what it is time for. */
  async hear(event: TrainEvent): Promise<void> {
    const { display, live, config, store } = this.#parts;
    const decode = (ids: Int32Array): string => live.processor.decode(ids);
    const recording = { decode, tokens: config.store.tokens, folder: store.folder };
    this.#record(recordOf(event, recording));
    if (event.kind === 'alarm') {
      const { name, message, fatal } = event.alarm;
      display.event(event, {}, `alarm: ${name}: ${message}`);
      display.alarm(name, message, fatal);
      return;
    }
    const { iteration, step } = event;
    this.#state = event.state;
    this.#place = { iteration, step };
    this.#saved = false;
    const metrics = 'metrics' in event ? event.metrics : {};
    display.event(event, metrics, event.kind === 'skipped' ? event.reason : '');
    if (event.kind === 'published') await this.published(event);
    else if (event.kind === 'collected') this.#tellFailures(event.failures);
  }

  /**
   * Validates and saves the weights that have just been published, as far as that is due and has not
   * been done. A run that was stopped in between does it when it goes on.
   */
  async published({ iteration, step, final }: PublishedAt): Promise<void> {
    const { config, store } = this.#parts;
    const at = { iteration, final };
    if (validationDue(config, at) && this.#scoreOf(iteration) === undefined) {
      await this.#validate(iteration, step);
    }
    const name = iterationName(iteration);
    const known = store.checkpoints().some((checkpoint) => checkpoint.name === name);
    if (checkpointDue(config, at) && !known) await this.save(name);
    // Its row was written, and the run killed before the links were moved.
    else if (known) linkCheckpoints(store);
  }

  /** Saves weights and the state of the last event, under a name that is not taken. */
  async saveStopped(): Promise<string | undefined> {
    if (this.#saved) return undefined;
    const base = `stopped-${String(this.#place.step).padStart(6, '0')}`;
    const { store } = this.#parts;
    let name = base;
    for (let more = 2; existsSync(store.checkpointFolder(name)); more++) name = `${base}-${more}`;
    await this.save(name);
    return name;
  }

  /** Writes weights first and their row last, then moves the links. */
  async save(name: string): Promise<void> {
    const { store, policy, config, progress } = this.#parts;
    const { iteration, step } = this.#place;
    progress({ phase: 'checkpoint', iteration, done: 0, total: 1 });
    const last = store.checkpoints().at(-1)?.name;
    try {
      const address = await policy.save(name);
      const score =
        this.#state.collected === null && this.#state.published
          ? (this.#scoreOf(iteration) ?? null)
          : null;
      const state = encodeState(this.#state);
      const { keepLast } = config.checkpoint;
      store.checkpoint({ name, iteration, step, address, score, state }, keepLast);
    } catch (cause) {
      if (cause instanceof RunError) throw cause;
      const text = cause instanceof Error ? cause.message : String(cause);
      const safe = last === undefined ? '' : `; ${last}, the last good one, is untouched`;
      const full = /ENOSPC|no space|disk is full/iu.test(text);
      const advice = full ? 'the disk is full; make room and go on with --resume' : text;
      throw new RunError(`cannot write checkpoint ${name}: ${advice}${safe}`, { cause });
    }
    this.#saved = true;
    linkCheckpoints(store);
    progress({ phase: 'checkpoint', iteration, done: 1, total: 1 });
  }

  async #validate(iteration: number, step: number): Promise<void> {
    const { policy, live, config, signal, display, store, progress } = this.#parts;
    const { metrics, score } = await validate({
      policy,
      live,
      config,
      signal,
      progress: (done, total) => progress({ phase: 'eval', iteration, done, total }),
      run: store.folder,
      name: iterationName(iteration),
    });
    this.#record({ kind: 'validated', iteration, step, data: { score }, metrics });
    const n = metrics['eval/validation/n'] ?? 0;
    const text = `validation ${score.toFixed(4)} of ${counted(n, 'problem')}, after ${counted(iteration, 'iteration')}`;
    display.event({ kind: 'published', iteration, step }, metrics, text);
  }

  /** The validation reward of the weights after so many iterations, if they were validated. */
  #scoreOf(iteration: number): number | undefined {
    const found = this.#parts.store
      .reader()
      .eventsOf('validated')
      .find((event) => event.iteration === iteration);
    return (found?.data as { readonly score?: number } | undefined)?.score;
  }

  #record(record: RunRecord): void {
    const { store, trackers } = this.#parts;
    const event = store.record(record);
    const metrics: Metrics = record.metrics ?? {};
    if (Object.keys(metrics).length === 0) return;
    for (const tracker of trackers) tracker.add(metrics, record.step, event);
  }

  #tellFailures(
    failures: readonly { readonly problemId: string; readonly message: string }[],
  ): void {
    const [first] = failures;
    if (first === undefined) return;
    this.#parts.display.note(
      `${counted(failures.length, 'problem')} failed in this iteration; ${first.problemId}: ${first.message}`,
    );
  }
}

/** `best` and `last` beside the run: links to the folders of its checkpoints. */
function linkCheckpoints(store: RunStore): void {
  const reader = store.reader();
  const best = reader.best() ?? reader.checkpoints().at(-1);
  for (const [name, checkpoint] of [
    ['best', best],
    ['last', reader.checkpoints().at(-1)],
  ] as const) {
    if (checkpoint === undefined) continue;
    const link = join(store.folder, name);
    const aside = join(store.folder, `.${basename(link)}.${process.pid}`);
    rmSync(aside, { force: true });
    symlinkSync(relative(store.folder, store.weightsOf(checkpoint)), aside, 'dir');
    renameSync(aside, link);
  }
}
