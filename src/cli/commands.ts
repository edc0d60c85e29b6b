import type { Command } from './command.ts';

/** A command that is loaded when it is asked for, so that help starts fast and without libtorch. */
export interface CommandEntry {
  readonly name: string;
  /** The same text as the command's own; it stands here so that the list needs no command loaded. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of `--help`. A new one is a file beside this and a line here. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'doctor',
    summary: 'check this machine: versions, libtorch, threads, speed, memory',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    name: 'quickstart',
    summary: 'both stages on a small model, and what they taught it',
    load: async () => (await import('./quickstart.ts')).quickstart,
  },
  {
    name: 'train',
    summary: 'train by GRPO with Selective Sample Replay and Forced Rethinking; resume exactly',
    load: async () => (await import('./train.ts')).trainCommand,
  },
  {
    name: 'runs',
    summary: 'list the runs in a folder: where each stands, its best checkpoint, its alarms',
    load: async () => (await import('./runs.ts')).runsCommand,
  },
  {
    name: 'inspect',
    summary: 'look into a run: its course, or its rollouts with spans, verdicts and replay history',
    load: async () => (await import('./inspect.ts')).inspectCommand,
  },
  {
    name: 'report',
    summary:
      'write a run as one page: curves, tables, rollouts with pictures; several runs overlaid',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  {
    name: 'ablate',
    summary:
      'train and evaluate variants over seeds: one table with intervals, the figures of the paper',
    load: async () => (await import('./ablate.ts')).ablateCommand,
  },
  {
    name: 'diff',
    summary: 'two runs side by side: settings and versions that differ, last value of every metric',
    load: async () => (await import('./diff.ts')).diffCommand,
  },
  {
    name: 'export',
    summary: 'write a run as JSON lines: events, metrics, problems, rollouts, attempts, uses',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    name: 'verify',
    summary: 'judge responses against reference answers, and say why',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'ask',
    summary: 'ask a model about pictures: one question, or a file of them',
    load: async () => (await import('./ask.ts')).ask,
  },
  {
    name: 'bench sample',
    summary: 'how fast a model draws tokens, and where the time goes',
    load: async () => (await import('./bench-sample.ts')).benchSample,
  },
  {
    name: 'parity',
    summary: 'compare model, processor and sampler with fixtures made by transformers',
    load: async () => (await import('./parity.ts')).parity,
  },
  {
    name: 'data puzzles',
    summary: 'draw visual puzzles as a dataset: pictures and JSON lines',
    load: async () => (await import('./data-puzzles.ts')).dataPuzzles,
  },
  {
    name: 'data check',
    summary: 'examine a dataset: faults by row, counts, duplicates, overlap; clean it',
    load: async () => (await import('./data-check.ts')).dataCheck,
  },
  {
    name: 'data subset',
    summary: 'choose problems by pass rate, category and number; hold out a validation split',
    load: async () => (await import('./data-subset.ts')).dataSubset,
  },
  {
    name: 'data show',
    summary: 'show one problem as the model will see it',
    load: async () => (await import('./data-show.ts')).dataShow,
  },
  {
    name: 'pretrain',
    summary: 'supervised learning on written responses, or a small base model from nothing',
    load: async () => (await import('./pretrain.ts')).pretrain,
  },
  {
    name: 'eval',
    summary: 'evaluate a model on a benchmark, in process or behind an OpenAI-compatible endpoint',
    load: async () => (await import('./eval.ts')).evalCommand,
  },
  {
    name: 'eval score',
    summary: "score responses from anywhere by a benchmark's official rules",
    load: async () => (await import('./eval-score.ts')).evalScore,
  },
  {
    name: 'eval diff',
    summary: 'compare two evaluations item by item: wins, losses, exact McNemar p-value',
    load: async () => (await import('./eval-diff.ts')).evalDiff,
  },
  {
    name: 'eval report',
    summary: "results of evaluations as a table beside the paper's figures",
    load: async () => (await import('./eval-report.ts')).evalReport,
  },
  {
    name: 'assess',
    summary: 'how often a model is right, and what thinking again does: forced and by itself',
    load: async () => (await import('./assess.ts')).assessCommand,
  },
  {
    name: 'passrate',
    summary: 'measure how often a model solves each problem, for choosing problems',
    load: async () => (await import('./passrate.ts')).passrate,
  },
];
