import { expect, test } from 'vitest';
import { checkMemory, checkNode, checkPlatform } from './machine.ts';
import { checkEnvironment, checkThreads } from './threads.ts';

test('a thread count that differs from the cores is told, by the variable that says it', () => {
  expect(checkThreads({}, 4).status).toBe('ok');
  expect(checkThreads({ OMP_NUM_THREADS: '4' }, 4).status).toBe('ok');
  expect(checkThreads({ OMP_NUM_THREADS: '4,1' }, 4).status).toBe('ok');
  expect(checkThreads({ OMP_NUM_THREADS: '' }, 4).status).toBe('ok');
  expect(checkThreads({ OMP_NUM_THREADS: '1' }, 4)).toMatchObject({
    status: 'warn',
    measured: '4 cores and OMP_NUM_THREADS=1',
    advice: expect.stringContaining('unset OMP_NUM_THREADS'),
  });
});

test('variables that pin older kernels are told, each with its reason', () => {
  expect(checkEnvironment({}).status).toBe('ok');
  const found = checkEnvironment({ OPENBLAS_CORETYPE: 'Haswell', ATEN_CPU_CAPABILITY: 'avx2' });
  expect(found.status).toBe('warn');
  expect(found.advice).toMatch(/OPENBLAS_CORETYPE pins.*ATEN_CPU_CAPABILITY keeps/);
  expect(checkEnvironment({ ATEN_CPU_CAPABILITY: 'avx512' }).status).toBe('ok');
  expect(checkEnvironment({ LD_PRELOAD: '/usr/lib/libjemalloc.so' }).status).toBe('ok');
});

test('Node before 24.12 fails', () => {
  expect(checkNode('24.11.1').status).toBe('fail');
  expect(checkNode('22.20.0').status).toBe('fail');
  expect(checkNode('24.12.0').status).toBe('ok');
  expect(checkNode('26.0.0').status).toBe('ok');
});

test('memory and platform are measured on this machine', () => {
  expect(checkMemory().values['availableBytes']).toBeGreaterThan(0);
  expect(checkPlatform().values).toMatchObject({ platform: process.platform, arch: process.arch });
});
