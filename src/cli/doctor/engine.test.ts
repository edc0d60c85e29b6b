import { expect, test } from 'vitest';
import { type EngineProbe, type Hardware, judge } from './engine.ts';

const config = {
  version: '2.13.0',
  blas: 'MKL',
  cpuCapability: 'AVX512',
  threads: 2,
  devices: ['cpu'],
};
const product = { device: 'cpu', size: 1024, f32: 528, bf16: 968 };
const hardware: Hardware = {
  flags: new Set(['avx512f', 'avx512_bf16']),
  vendor: 'AuthenticAMD',
  cores: 2,
  nvidiaDriver: false,
};

function find(name: string, probe: Partial<EngineProbe> = {}, machine: Partial<Hardware> = {}) {
  const whole = { config, products: [product], mapped: [], ...probe };
  return judge(whole, { ...hardware, ...machine }).find((check) => check.name === name);
}

test('a machine as it should be gives no warning', () => {
  const checks = judge({ config, products: [product], mapped: [] }, hardware);
  expect(checks.filter(({ status, advice }) => status !== 'ok' || advice !== '')).toEqual([]);
});

test('f32 products below 0.4 of bf16 are on a slow path', () => {
  const slow = find('products cpu', { products: [{ ...product, f32: 233 }] });
  expect(slow).toMatchObject({
    status: 'warn',
    advice: expect.stringMatching(/MKL takes its slow path/),
  });
  expect(slow?.measured).toContain('ratio 0.24');
  expect(find('products cpu', { products: [{ ...product, f32: 388 }] })?.status).toBe('ok');
});

test('with matrix units, or without bf16 instructions, the ratio says nothing', () => {
  const products = [{ ...product, f32: 100 }];
  const amx = new Set(['avx512f', 'avx512_bf16', 'amx_bf16']);
  expect(find('products cpu', { products }, { flags: amx })?.status).toBe('ok');
  expect(find('products cpu', { products }, { flags: new Set(['avx512f']) })?.status).toBe('ok');
});

test('an OpenBLAS with threads of its own is named', () => {
  const mapped = ['/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so'];
  expect(find('blas', { mapped })).toMatchObject({
    status: 'warn',
    advice: expect.stringContaining('libopenblas0-openmp'),
  });
});

test('threads and cores that differ are told apart by what they cost', () => {
  const threads = (count: number) =>
    find('engine threads', { config: { ...config, threads: count } });
  expect(threads(4)?.advice).toMatch(/spin/);
  expect(threads(1)?.advice).toMatch(/idle/);
});

test('kernels older than the processor are told', () => {
  const old = { ...config, cpuCapability: 'AVX2' };
  expect(find('cpu kernels', { config: old })?.status).toBe('warn');
  expect(find('cpu kernels', { config: old }, { flags: new Set(['avx2']) })?.status).toBe('ok');
});

test('a driver without a device is told', () => {
  expect(find('devices', {}, { nvidiaDriver: true })?.status).toBe('warn');
  const devices = ['cpu', 'cuda:0'];
  expect(find('devices', { config: { ...config, devices } }, { nvidiaDriver: true })?.status).toBe(
    'ok',
  );
});

test('a device that cannot multiply in f32 fails', () => {
  expect(find('products cpu', { products: [{ ...product, f32: null }] })?.status).toBe('fail');
});
