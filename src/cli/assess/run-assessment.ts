import { puzzle } from '#data';
import { createProcessor } from '#model/processor';
import { createLocalPolicy } from '#policy/local';
import { createSeed } from '#run';
import type { Io } from '../command.ts';
import { Progress } from '../progress.ts';
import { answersTo } from './answers.ts';
import type { Answers, AskedProblem } from './answers.ts';

/** What to ask of a checkpoint. */
export interface AssessmentPlan {
  readonly model: string;
  readonly problems: readonly AskedProblem[];
  readonly template: string;
  readonly samples: number;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly seed: number;
  readonly threads: number;
  readonly device: string;
  readonly minPixels?: number;
  readonly maxPixels?: number;
  /** Folder for what the policy stores; nothing is stored by asking. */
  readonly folder: string;
  readonly label: string;
}

/** Problems under way at once: what bounds memory where prompts are long. */
const atOnce = 256;

/** Asks a checkpoint everything, in the order of the problems. */
export async function runAssessment(plan: AssessmentPlan, io: Io): Promise<readonly Answers[]> {
  await using stack = new AsyncDisposableStack();
  const { minPixels, maxPixels } = plan;
  const area = {
    ...(minPixels === undefined ? {} : { minPixels }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
  };
  const processor = stack.use(await createProcessor(plan.model, area));
  const policy = stack.use(
    await createLocalPolicy(plan.model, {
      processor,
      checkpoints: plan.folder,
      dtype: 'f32',
      samplerDtype: 'f32',
      device: plan.device,
      threads: plan.threads,
    }),
  );
  await policy.publish();
  using progress = new Progress(io, {
    label: plan.label,
    total: plan.problems.length,
    unit: 'problems',
  });
  const { template, samples, temperature, maxTokens } = plan;
  const seed = createSeed(plan.seed).at('assess');
  const asking = { policy, template, samples, temperature, maxTokens, seed, signal: io.signal };
  const waiting = plan.problems.entries();
  const answers: Answers[] = [];
  let right = 0;
  const ask = async (): Promise<void> => {
    for (const [place, problem] of waiting) {
      const found = await answersTo(problem, asking);
      answers[place] = found;
      right += Number(found.greedy.correct);
      const done = answers.filter(() => true).length;
      progress.update(done, `${((100 * right) / done).toFixed(1)} % right`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return answers;
}

/** Unseen puzzles: of the split that nothing trains on and nothing is chosen by. */
export function testPuzzles(count: number, seed: number): readonly AskedProblem[] {
  return Array.from({ length: count }, (_, index) => {
    const { problem, family, level } = puzzle(seed, 'test', index);
    return { problem, groups: [family, `level ${level}`, `${family} ${level}`] };
  });
}
