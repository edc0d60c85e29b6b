import { isAbsolute, relative } from 'node:path';
import type { Problem } from '#data';
import type { AttemptRow, PictureRow, ProblemRow, RolloutRow, RunRecord } from '#run';
import type { TrainEvent } from './events.ts';
import type { Attempt, Group, Rollout, Sample } from './records.ts';
import type { RunConfig } from './run-config.ts';

/** What turning events into rows needs. */
export interface Recording {
  readonly decode: (ids: Int32Array) => string;
  readonly tokens: RunConfig['store']['tokens'];
  /** Folder of the run. */
  readonly folder: string;
}

/** An event as the run store keeps it; the state for resuming is not part of it. */
export function recordOf(event: TrainEvent, recording: Recording): RunRecord {
  const { kind, iteration, step } = event;
  const at = { kind, iteration, step };
  switch (event.kind) {
    case 'published':
      return { ...at, data: { weightsVersion: event.weightsVersion, final: event.final } };
    case 'collected': {
      const advantages = new Map(event.samples.map((sample) => [sample.id, sample]));
      return {
        ...at,
        data: {
          weightsVersion: event.weightsVersion,
          groups: event.groups.length,
          failures: event.failures.map(({ problemId, message }) => ({ problemId, message })),
        },
        metrics: event.metrics,
        problems: event.groups.map(({ problem }) => problemRow(problem, recording)),
        rollouts: event.groups.flatMap(({ rollouts }) =>
          rollouts.map((rollout) => rolloutRow(rollout, advantages.get(rollout.id), recording)),
        ),
        attempts: event.groups.flatMap((group) => attemptRows(group, recording)),
      };
    }
    case 'stepped':
      return {
        ...at,
        data: { current: event.current.length, replayed: event.replayed.length },
        metrics: event.metrics,
        uses: [...event.current.map((sampleId) => ({ sampleId, age: null })), ...event.replayed],
      };
    case 'skipped':
      return { ...at, data: { reason: event.reason }, metrics: event.metrics };
    case 'completed':
      return { ...at, data: {}, metrics: event.metrics };
    case 'alarm': {
      const { name, fatal, message } = event.alarm;
      return { ...at, data: { name, fatal, message } };
    }
  }
}

function problemRow(
  { id, question, answer, options, category, source, images }: Problem,
  { folder }: Recording,
): ProblemRow {
  return {
    id,
    question,
    answer,
    options: options ?? null,
    category,
    source: source ?? null,
    pictures: pictureRows(images, folder),
  };
}

/** Pictures by reference. A file inside the folder of the run is named from there: runs are moved. */
export function pictureRows(images: Problem['images'], folder: string): readonly PictureRow[] {
  return images.map(({ hash, source, width, height }) => {
    const path = typeof source === 'string' ? source : null;
    const inside = path === null || !isAbsolute(path) ? null : relative(folder, path);
    const own = inside !== null && !inside.startsWith('..') && !isAbsolute(inside);
    return { hash, path: own ? inside : path, width, height };
  });
}

function rolloutRow(
  rollout: Rollout,
  sample: Sample | undefined,
  { decode, tokens }: Recording,
): RolloutRow {
  const { response, logprobs, draft } = rollout;
  const keeps = tokens === 'all' || (tokens === 'rethought' && draft !== undefined);
  const scored = sample !== undefined && sample.oldLogprobs.length > 0;
  return {
    id: rollout.id,
    problemId: rollout.problemId,
    index: rollout.index,
    spans: rollout.spans.map((span) => ({
      ...span,
      text: decode(response.subarray(span.start, span.end)),
    })),
    stop: rollout.stop,
    weightsVersion: rollout.weightsVersion,
    waits: rollout.waits,
    verdict: rollout.verdict,
    draftVerdict: draft?.verdict ?? null,
    trigger: rollout.trigger ?? null,
    advantage: sample?.advantage ?? null,
    tokens: keeps ? response : null,
    logprobs: keeps ? logprobs : null,
    oldLogprobs: keeps && scored ? sample.oldLogprobs : null,
  };
}

function attemptRows({ problem, rethinking }: Group, { decode }: Recording): AttemptRow[] {
  return (rethinking?.attempts ?? []).map((attempt: Attempt) => ({
    rolloutId: attempt.rolloutId,
    problemId: problem.id,
    trigger: attempt.trigger,
    outcome: attempt.outcome,
    cut: attempt.cut ?? null,
    waits: attempt.waits,
    before: attempt.before,
    after: attempt.after,
    text: decode(attempt.response),
  }));
}
