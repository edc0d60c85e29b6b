import type { Metrics } from '#run';
import type { Phase, TrainEvent, TrainSetup } from '#rl';
import type { Io } from './command.ts';
import { clock, Progress } from './progress.ts';
import { paint } from './text.ts';

/** How far a run is, for the display. */
interface Going {
  readonly iterations: number;
  readonly steps: number;
  /** Steps that were done before this process began. */
  readonly from: number;
}

type Told = Parameters<NonNullable<TrainSetup['progress']>>[0];

const phaseNames: Readonly<Record<Phase, string>> = {
  rollout: 'rollouts',
  verify: 'verifying',
  rethink: 'rethinking',
  logprob: 'logprobs',
  update: 'updating',
  sync: 'publishing',
  eval: 'validating',
  checkpoint: 'saving',
};

/**
 * Tells people how a run goes, on stderr: on a terminal a bar for the phase under way and a line for
 * each iteration, on a pipe a line for each event. With `json` the events go to stdout instead, one
 * document a line.
 */
export class TrainDisplay implements Disposable {
  readonly #io: Io;
  readonly #json: boolean;
  readonly #going: Going;
  readonly #began = performance.now();
  #bar: Progress | undefined;
  #barKey = '';
  #steps: Metrics[] = [];
  #collected: Metrics = {};
  #stepsDone = 0;

  constructor(io: Io, json: boolean, going: Going) {
    this.#io = io;
    this.#json = json;
    this.#going = going;
  }

  get #live(): boolean {
    return this.#io.columns !== undefined;
  }

  /** A bit of progress inside a phase. */
  progress({ phase, iteration, done, total, subject }: Told): void {
    if (!this.#live) return;
    const key = `${iteration} ${phase}`;
    if (key !== this.#barKey) {
      this.#endBar();
      const label = `${iteration + 1}/${this.#going.iterations} ${phaseNames[phase]}`;
      this.#bar = new Progress(this.#io, { label, total: Math.max(1, total) });
      this.#barKey = key;
    }
    this.#bar?.update(done, subject);
  }

  /** Something happened; `more` are metrics that came with it. */
  event(event: Pick<TrainEvent, 'kind' | 'iteration' | 'step'>, metrics: Metrics, text = ''): void {
    if (event.kind === 'collected') this.#collected = metrics;
    if (event.kind === 'stepped') this.#steps.push(metrics);
    if (event.kind === 'stepped' || event.kind === 'skipped') this.#stepsDone += 1;
    if (this.#json) this.#io.out(`${documentOf(event, metrics, text)}\n`);
    else {
      const line = this.#lineOf(event, metrics, text);
      if (line !== undefined) this.note(line);
    }
    if (event.kind === 'completed') this.#steps = [];
  }

  /** A line of its own above the bar. */
  note(text: string): void {
    if (this.#bar === undefined) this.#io.err(`${text}\n`);
    else this.#bar.note(text);
  }

  alarm(name: string, message: string, fatal: boolean): void {
    const { err } = this.#io.color;
    this.note(
      paint(err, fatal ? 'red' : 'yellow', `${fatal ? 'stopping' : 'alarm'}: ${name}: ${message}`),
    );
  }

  [Symbol.dispose](): void {
    this.#endBar();
  }

  #endBar(): void {
    // A finished phase leaves nothing behind: the line of its event says what came of it.
    if (this.#bar !== undefined) this.#io.err('\r\u001b[2K');
    this.#bar = undefined;
    this.#barKey = '';
  }

  #lineOf(
    { kind, iteration, step }: Pick<TrainEvent, 'kind' | 'iteration' | 'step'>,
    metrics: Metrics,
    text: string,
  ): string | undefined {
    const at = `iteration ${iteration + 1}/${this.#going.iterations}`;
    switch (kind) {
      case 'collected':
        return this.#live ? undefined : `${at}  collected  ${collectedText(metrics)}`;
      case 'stepped':
        if (this.#live) return undefined;
        return `step ${step + 1}/${this.#going.steps}  ${stepText(metrics)}`;
      case 'skipped':
        return `step ${step + 1}/${this.#going.steps}  skipped: ${text}`;
      case 'completed':
        return this.#completedText(at);
      case 'published':
        return text === '' ? undefined : text;
      case 'alarm':
        return undefined; // `alarm` tells it, in its colour
    }
  }

  #completedText(at: string): string {
    const shares = this.#steps.map((metrics) => metrics['replay/share'] ?? 0);
    const replay = shares.length === 0 ? 0 : shares.reduce((sum, x) => sum + x, 0) / shares.length;
    const seconds = (performance.now() - this.#began) / 1000;
    const left = this.#going.steps - this.#going.from - this.#stepsDone;
    const remaining = this.#stepsDone === 0 ? 0 : (seconds / this.#stepsDone) * left;
    const parts = [
      at,
      collectedText(this.#collected),
      `replay ${percent(replay)}`,
      `loss ${figure(this.#steps.at(-1)?.['policy/loss'])}`,
      ...(left > 0 ? [`${clock(remaining)} left`] : []),
    ];
    return this.#live ? parts.join('  ') : `${at}  completed  ${parts.slice(2).join('  ')}`;
  }
}

function documentOf(
  { kind, iteration, step }: Pick<TrainEvent, 'kind' | 'iteration' | 'step'>,
  metrics: Metrics,
  text: string,
): string {
  const message = text === '' ? undefined : text;
  return JSON.stringify({ event: kind, iteration, step, message, metrics });
}

function collectedText(metrics: Metrics): string {
  const effective = metrics['group/effective_fraction'] ?? null;
  const kept = metrics['rethink/kept'] ?? 0;
  const fixed = metrics['rethink/wrong_to_right/all'];
  const broken = metrics['rethink/right_to_wrong/all'];
  const triggered = (metrics['rethink/fraction'] ?? 0) > 0;
  const rethought =
    fixed === undefined || fixed === null || !triggered
      ? []
      : [`rethinking ${kept} kept, ${fixed} fixed, ${broken ?? 0} broken`];
  const waits = metrics['native_wait/fraction'] ?? 0;
  return [
    `reward ${figure(metrics['reward/mean'])}`,
    `vanishing ${effective === null ? '–' : percent(1 - effective)}`,
    `length ${figure(metrics['response/length_mean'], 1)}`,
    ...rethought,
    ...(waits > 0 ? [`waits ${percent(waits)}`] : []),
  ].join('  ');
}

function stepText(metrics: Metrics): string {
  return [
    `loss ${figure(metrics['policy/loss'])}`,
    `grad ${figure(metrics['optim/grad_norm'])}`,
    `clip ${percent(metrics['policy/clip_fraction'] ?? 0)}`,
    `replay ${percent(metrics['replay/share'] ?? 0)}`,
    `kl ${figure(metrics['policy/approx_kl'], 5)}`,
    ...(metrics['optim/step_nonfinite'] === 1
      ? ['not applied: loss or gradient is not finite']
      : []),
  ].join('  ');
}

function figure(value: number | null | undefined, digits = 4): string {
  // Rounded to nothing, a negative number is 0 and not −0.
  return value?.toFixed(digits).replace(/^-(?=[0.]*$)/u, '') ?? '–';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}
