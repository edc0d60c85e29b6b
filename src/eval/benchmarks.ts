import type { Benchmark } from './benchmark.ts';
import { emma } from './benchmarks/emma.ts';
import { mathverse } from './benchmarks/mathverse.ts';
import { mathvision } from './benchmarks/mathvision.ts';
import { mathvista } from './benchmarks/mathvista.ts';
import { megabench, megabenchBox } from './benchmarks/megabench.ts';
import { mmmuPro } from './benchmarks/mmmu-pro.ts';
import { mmmu } from './benchmarks/mmmu.ts';
import { puzzlevqa } from './benchmarks/puzzlevqa.ts';
import { EvalError } from './item.ts';

/** Every benchmark, those of the paper in the order of its tables. A new one is a file and a line. */
export const benchmarks: readonly Benchmark[] = [
  mathvista,
  mathverse,
  mathvision,
  mmmuPro,
  mmmu,
  emma,
  megabench,
  megabenchBox,
  puzzlevqa,
];

/** Names under which benchmarks are also known. */
const ALIASES: Readonly<Record<string, string>> = {
  'math-v': 'mathvision',
  mathv: 'mathvision',
  mmmupro: 'mmmu-pro',
  mmmu_pro: 'mmmu-pro',
  'mmmu-val': 'mmmu',
  mmmu_val: 'mmmu',
  'emma-mini': 'emma',
  'mega-bench': 'megabench',
  mega: 'megabench',
};

/** @throws EvalError naming those there are. */
export function benchmarkOf(name: string): Benchmark {
  const plain = name.toLowerCase();
  const known = Object.hasOwn(ALIASES, plain) ? ALIASES[plain] : plain;
  const found = benchmarks.find((benchmark) => benchmark.name === known);
  if (found !== undefined) return found;
  throw new EvalError(
    `expected a benchmark among ${benchmarks.map((each) => each.name).join(', ')}, found ${name}`,
  );
}
