import { join } from 'node:path';
import type { Json, Metrics } from '#run';
import { TensorBoardFile } from '#run';
import { UsageError } from './command.ts';

/** Takes metrics elsewhere: to TensorBoard, to Weights & Biases. */
export interface Tracker extends AsyncDisposable {
  add(metrics: Metrics, step: number): void;
}

/** TensorBoard event files beside the run; one more file each time a run goes on. */
export function tensorBoard(run: string, from: number): Tracker {
  const now = () => Date.now() / 1000;
  const file = new TensorBoardFile(join(run, 'tensorboard'), { from, seconds: now() });
  return {
    add: (metrics, step) => file.add(metrics, { step, seconds: now() }),
    [Symbol.asyncDispose]: () => Promise.resolve(file.close()),
  };
}

/** What is used of the package `@wandb/sdk` (0.5): its default export. */
interface Wandb {
  init(options: Readonly<Record<string, unknown>>): Promise<unknown>;
  log(values: Readonly<Record<string, number>>): void;
  finish(): Promise<unknown>;
}

/** Weights & Biases through its own package, which has to be installed beside this program. */
export async function weightsAndBiases(
  project: string,
  run: { readonly name: string; readonly config: Json },
): Promise<Tracker> {
  const wandb = await loadWandb();
  await wandb.init({ project, name: run.name, config: run.config });
  return {
    add: (metrics, step) => {
      const known = Object.entries(metrics).filter(
        (entry): entry is [string, number] => entry[1] !== null,
      );
      wandb.log({ ...Object.fromEntries(known), 'progress/step': step });
    },
    [Symbol.asyncDispose]: async () => {
      await wandb.finish();
    },
  };
}

/** Asked before anything is begun: a run must not fail after its gate for a package. */
export async function demandWandb(project: string | undefined): Promise<void> {
  if (project !== undefined) await loadWandb();
}

async function loadWandb(): Promise<Wandb> {
  const name = '@wandb/sdk';
  try {
    const found = (await import(name)) as { readonly default?: Wandb } & Wandb;
    return found.default ?? found;
  } catch (cause) {
    throw new UsageError(
      `--wandb needs the package ${name}, which is not installed; run \`npm install ${name}\``,
      { cause },
    );
  }
}
