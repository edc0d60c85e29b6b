import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { engineConfig, hasOperator, selfTest } from '#tensor';

/** Other builds of libtorch, by the environment variable that names their folder. */
const others = [
  { name: '1.13 (fall-backs)', variable: 'LIBTORCH_1_13' },
  { name: 'the newest version', variable: 'LIBTORCH_NEWEST' },
  { name: '2.11 with CUDA', variable: 'LIBTORCH_2_11_CUDA' },
];

test('the engine passes its self-test on the pinned version', () => {
  const { version, cpuCapability, threads, devices } = engineConfig();
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
  expect(cpuCapability).toMatch(/\w/);
  expect(threads).toBeGreaterThan(0);
  expect(devices[0]).toBe('cpu');
  expect(hasOperator('add', 'Tensor')).toBe(true);
  expect(selfTest).not.toThrow();
});

test.for(others)('the addon compiles against libtorch $name', ({ variable }, context) => {
  const folder = process.env[variable];
  if (folder === undefined) return context.skip(`${variable} names no libtorch`);
  expect(existsSync(join(folder, 'lib', 'libtorch_cpu.so'))).toBe(true);
  const flags = [
    '-std=c++20',
    '-fsyntax-only',
    '-DNAPI_VERSION=8',
    '-Inode_modules/node-api-headers/include',
  ];
  const headers = ['include', 'include/torch/csrc/api/include'].map(
    (part) => `-I${join(folder, part)}`,
  );
  const run = spawnSync('g++', [...flags, ...headers, 'native/engine.cpp'], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});
