import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PictureRow } from '#run';

/** A greedy answer to a validation problem, as `train` writes it into `validation/`. */
export interface Answered {
  readonly id: string;
  readonly category: string;
  readonly question?: string;
  readonly answer?: string;
  readonly pictures?: readonly PictureRow[];
  readonly code: string;
  readonly correct: boolean;
  readonly extracted: string | null;
  readonly waits: number;
  readonly text: string;
}

/** The answers of one validation. */
export interface Validation {
  readonly iteration: number;
  readonly template: string;
  readonly answers: readonly Answered[];
  /** Lines that are no records; a run that was killed may leave half a line. */
  readonly unreadable: number;
}

/** The first and the last validation of a run, for every template that both have. */
export interface BaseAndEnd {
  readonly template: string;
  readonly base: Validation;
  readonly end: Validation;
}

/** Pairs of validations, in the order in which the run's templates are configured. */
export function baseAndEnd(folder: string, templates: readonly string[]): readonly BaseAndEnd[] {
  const files = validationFiles(join(folder, 'validation'));
  const byTemplate = Map.groupBy(files, ({ template }) => template);
  const place = (template: string) => (templates.indexOf(template) + 1 || Infinity) - 1;
  return [...byTemplate]
    .sort(([a], [b]) => place(a) - place(b))
    .flatMap(([template, own]) => {
      const [first] = own;
      const last = own.at(-1);
      if (first === undefined || last === undefined || first === last) return [];
      return [{ template, base: readValidation(first), end: readValidation(last) }];
    });
}

interface ValidationFile {
  readonly path: string;
  readonly iteration: number;
  readonly template: string;
}

function validationFiles(folder: string): readonly ValidationFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const [, iteration, template] = /^iteration-(\d+)-(.+)\.jsonl$/u.exec(name) ?? [];
      if (iteration === undefined || template === undefined) return [];
      return [{ path: join(folder, name), iteration: Number(iteration), template }];
    })
    .sort((a, b) => a.iteration - b.iteration);
}

function readValidation({ path, iteration, template }: ValidationFile): Validation {
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const answers = lines.flatMap((line) => answerIn(line) ?? []);
  return { iteration, template, answers, unreadable: lines.length - answers.length };
}

function answerIn(line: string): Answered | undefined {
  try {
    const value = JSON.parse(line) as Partial<Answered> | null;
    const whole =
      typeof value?.id === 'string' &&
      typeof value.correct === 'boolean' &&
      typeof value.text === 'string';
    return whole
      ? ({ category: '', code: '', extracted: null, waits: 0, ...value } as Answered)
      : undefined;
  } catch {
    return undefined;
  }
}
