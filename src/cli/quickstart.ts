import { setImmediate as turn } from 'node:timers/promises';
import { z } from 'zod';
import type { Command, ExitCode, Io } from './command.ts';
import { doctor } from './doctor.ts';
import { Progress } from './progress.ts';

const options: z.ZodObject<{
  steps: z.ZodDefault<z.ZodNumber>;
  seed: z.ZodDefault<z.ZodNumber>;
  json: z.ZodDefault<z.ZodBoolean>;
}> = z.strictObject({
  steps: z.number().int().min(10).max(100_000).default(400).describe('optimizer steps'),
  seed: z.number().int().min(0).default(1).describe('decides weights and order of the sums'),
  json: z.boolean().default(false).describe('one JSON document on stdout'),
});

interface Outcome {
  readonly firstLoss: number;
  readonly lastLoss: number;
  readonly before: number;
  readonly after: number;
  readonly steps: number;
}

/** The way from a bare clone to a trained model, in the small. */
export const quickstart: Command<typeof options> = {
  name: 'quickstart',
  summary: 'check this machine, then train a small decoder to add numbers',
  positionals: '',
  help: `Runs doctor, then trains a decoder of 330,000 weights from random ones on two-digit sums, and
counts how many sums it never saw come out right before and after. Takes about ten seconds and writes
nothing.`,
  options,
  async run({ options: { steps, seed, json } }, io) {
    const found = await doctor.run(
      { options: { json: false }, positionals: [] },
      json ? { ...io, out: io.err } : io,
    );
    if (found !== 0) return found;
    const outcome = await train(steps, seed, io);
    if (outcome === undefined) return 1;
    return conclude(outcome, json, io);
  },
};

/** Undefined when it was stopped. */
async function train(steps: number, seed: number, io: Io): Promise<Outcome | undefined> {
  // Loaded now and not with this file: help needs no libtorch.
  const { SumTrainer } = await import('./quickstart/train-sums.ts');
  using trainer = new SumTrainer(seed, steps);
  const before = trainer.accuracy();
  io.err(`\ntraining a decoder of ${trainer.weights.toLocaleString('en')} weights to add\n`);
  using progress = new Progress(io, { label: 'sums', total: steps, unit: 'steps' });
  let [firstLoss, lastLoss] = [Number.NaN, Number.NaN];
  for (let step = 0; step < steps; step++) {
    const { loss } = trainer.step(step);
    if (step === 0) firstLoss = loss;
    lastLoss = loss;
    progress.update(step + 1, `loss ${loss.toFixed(3)}`);
    await turn(); // signals are heard between steps
    if (io.signal.aborted) {
      progress.end('stopped');
      io.err('stopped; nothing was written\n');
      return undefined;
    }
  }
  progress.end();
  return { firstLoss, lastLoss, before, after: trainer.accuracy(), steps };
}

function conclude(outcome: Outcome, json: boolean, io: Io): ExitCode {
  const { firstLoss, lastLoss, before, after } = outcome;
  const fell = lastLoss < firstLoss / 2;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  if (json) io.out(`${JSON.stringify({ ...outcome, fell })}\n`);
  else {
    io.out(`\nloss       ${firstLoss.toFixed(3)} → ${lastLoss.toFixed(3)} nats per digit\n`);
    io.out(`new sums   ${percent(before)} → ${percent(after)} right in every digit\n`);
  }
  if (fell) return 0;
  io.err(`the loss did not fall by half within ${outcome.steps} steps; try more with --steps\n`);
  return 1;
}
