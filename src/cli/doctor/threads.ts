import os from 'node:os';
import { type Check, ok } from './check.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Cores against what the environment tells OpenMP and MKL to use. */
export function checkThreads(
  environment: Environment = process.env,
  cores: number = os.availableParallelism(),
): Check {
  const values = {
    cores,
    OMP_NUM_THREADS: environment['OMP_NUM_THREADS'] ?? null,
    MKL_NUM_THREADS: environment['MKL_NUM_THREADS'] ?? null,
  };
  const said = (['OMP_NUM_THREADS', 'MKL_NUM_THREADS'] as const).filter(
    (name) => (environment[name] ?? '') !== '',
  );
  const wrong = said.find((name) => Number(environment[name]?.split(',')[0]) !== cores);
  if (wrong === undefined)
    return ok('threads', `${cores} ${cores === 1 ? 'core' : 'cores'}`, values);
  return {
    name: 'threads',
    status: 'warn',
    measured: `${cores} cores and ${wrong}=${environment[wrong] ?? ''}`,
    advice: `unset ${wrong}, or set it to ${cores}, unless other programs share the cores`,
    values,
  };
}

/** Variables that slow products down; each was set for some other purpose. */
const brakes: readonly {
  readonly name: string;
  readonly slow: (value: string) => boolean;
  readonly why: string;
}[] = [
  {
    name: 'OPENBLAS_CORETYPE',
    slow: () => true,
    why: 'pins kernels of one processor; unset it for speed, keep it for equal bits across machines',
  },
  {
    name: 'ATEN_CPU_CAPABILITY',
    slow: (value) => /^(default|avx2)$/i.test(value),
    why: 'keeps libtorch from newer instructions; unset it',
  },
  {
    name: 'MKL_ENABLE_INSTRUCTIONS',
    slow: (value) => !/AVX512/i.test(value),
    why: 'keeps MKL from newer instructions; unset it',
  },
  {
    name: 'ONEDNN_MAX_CPU_ISA',
    slow: (value) => !/^(ALL|DEFAULT)$/i.test(value),
    why: 'keeps bf16 products from newer instructions; unset it',
  },
  {
    name: 'VL_RETHINKER_MKL_AS_SHIPPED',
    slow: () => true,
    why: 'lets MKL take its slow path on AMD processors, for comparisons; unset it',
  },
  {
    name: 'LD_PRELOAD',
    slow: (value) => /openblas|mkl|blas/i.test(value),
    why: 'puts another BLAS in front of the one libtorch brings; unset it',
  },
];

/** Environment variables that are known to slow the engine down. */
export function checkEnvironment(environment: Environment = process.env): Check {
  const set = brakes.filter(({ name, slow }) => {
    const value = environment[name] ?? '';
    return value !== '' && slow(value);
  });
  const values = Object.fromEntries(brakes.map(({ name }) => [name, environment[name] ?? null]));
  if (set.length === 0) return ok('environment', 'nothing that slows the engine', values);
  return {
    name: 'environment',
    status: 'warn',
    measured: set.map(({ name }) => `${name}=${environment[name] ?? ''}`).join(', '),
    advice: set.map(({ name, why }) => `${name} ${why}`).join('; '),
    values,
  };
}
