import { join } from 'node:path';
import type { Metrics } from '#run';
import { TensorBoardFile } from '#run';

/** Takes metrics elsewhere: to TensorBoard, to Weights & Biases. */
export interface Tracker extends AsyncDisposable {
  /** `event` counts what the run has recorded; a run that goes on counts on from where it does. */
  add(metrics: Metrics, step: number, event: number): void;
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
