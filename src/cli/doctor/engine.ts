import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Check, ok } from './check.ts';
import { broken, runNode } from './child.ts';
import { setUpAfresh } from './remedy.ts';

/** What the probe prints. */
export interface EngineProbe {
  readonly config: {
    readonly version: string;
    readonly blas: string;
    readonly cpuCapability: string;
    readonly threads: number;
    readonly devices: readonly string[];
  };
  /** GFLOP/s by device; null where the device lacks the type. */
  readonly products: readonly {
    readonly device: string;
    readonly size: number;
    readonly f32: number | null;
    readonly bf16: number | null;
  }[];
  readonly mapped: readonly string[];
}

/** What the kernel says of this machine. */
export interface Hardware {
  /** Flags of /proc/cpuinfo. */
  readonly flags: ReadonlySet<string>;
  readonly vendor: string;
  readonly cores: number;
  readonly nvidiaDriver: boolean;
}

export function readHardware(): Hardware {
  const cpuinfo = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  return {
    flags: new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/)),
    vendor: /^vendor_id\s*:\s*(\S+)/m.exec(cpuinfo)?.[1] ?? '',
    cores: os.availableParallelism(),
    nvidiaDriver: existsSync('/proc/driver/nvidia/version'),
  };
}

/** Below this share of bf16 speed, f32 products run on a slow path (the one on AMD shows 0.24). */
const leastRatio = 0.4;

/** Loads the engine in a process of its own, asks it, and times products. */
export async function checkEngine(signal: AbortSignal): Promise<readonly Check[]> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const probe = fileURLToPath(new URL(`./engine-probe.${extension}`, import.meta.url));
  const done = await runNode([probe], { timeoutMs: 8000, signal });
  if (done.code !== 0) return [broken('engine loads', done, setUpAfresh)];
  return judge(JSON.parse(done.stdout) as EngineProbe, readHardware());
}

/** The findings that a probe gives on some hardware. */
export function judge(probe: EngineProbe, hardware: Hardware): readonly Check[] {
  return [
    blas(probe),
    capability(probe, hardware),
    engineThreads(probe, hardware),
    ...probe.products.map((product) => speed(product, probe, hardware)),
    devices(probe, hardware),
  ];
}

function blas({ config, mapped }: EngineProbe): Check {
  const pthread = mapped.find((path) => /openblas-pthread|libopenblasp-/.test(path));
  const values = { blas: config.blas, mapped: mapped[0] ?? null };
  if (pthread === undefined) return ok('blas', config.blas, values);
  return {
    name: 'blas',
    status: 'warn',
    measured: `${config.blas} with threads of its own: ${pthread}`,
    advice:
      'two thread pools share the cores. Install libopenblas0-openmp and choose it with update-alternatives for BLAS and LAPACK',
    values,
  };
}

function capability({ config }: EngineProbe, { flags }: Hardware): Check {
  const { cpuCapability } = config;
  const values = { cpuCapability, bf16Instructions: hasBf16(flags) };
  const slower = flags.has('avx512f') && !/AVX512|AMX/.test(cpuCapability);
  if (!slower) return ok('cpu kernels', `${cpuCapability}${note(flags)}`, values);
  return {
    name: 'cpu kernels',
    status: 'warn',
    measured: `${cpuCapability} on a processor with AVX512`,
    advice: 'unset ATEN_CPU_CAPABILITY, or take a libtorch that was built with AVX512 kernels',
    values,
  };
}

function hasBf16(flags: ReadonlySet<string>): boolean {
  return flags.has('avx512_bf16') || flags.has('amx_bf16');
}

function note(flags: ReadonlySet<string>): string {
  return hasBf16(flags) ? ', bf16 instructions' : ', no bf16 instructions';
}

function engineThreads({ config }: EngineProbe, { cores }: Hardware): Check {
  const values = { threads: config.threads, cores };
  if (config.threads === cores) return ok('engine threads', `${cores} for ${cores} cores`, values);
  return {
    name: 'engine threads',
    status: 'warn',
    measured: `${config.threads} for ${cores} cores`,
    advice:
      config.threads > cores
        ? 'more threads than cores spin against each other; unset OMP_NUM_THREADS'
        : 'cores stay idle; unset OMP_NUM_THREADS unless other programs use them',
    values,
  };
}

function speed(
  { device, size, f32, bf16 }: EngineProbe['products'][number],
  { config }: EngineProbe,
  { flags, vendor }: Hardware,
): Check {
  const name = `products ${device}`;
  const ratio = f32 === null || bf16 === null ? null : f32 / bf16;
  const figure = (value: number | null) => (value === null ? 'none' : Math.round(value).toString());
  const share = ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`;
  const measured = `${size}²: f32 ${figure(f32)}, bf16 ${figure(bf16)} GFLOP/s${share}`;
  const values = { device, size, f32, bf16, ratio };
  if (f32 === null) return { name, status: 'fail', measured, advice: setUpAfresh, values };
  // With matrix units (AMX, GPUs) bf16 is many times faster and the ratio says nothing.
  const comparable = device === 'cpu' && flags.has('avx512_bf16') && !flags.has('amx_bf16');
  if (!comparable || ratio === null || ratio >= leastRatio) return ok(name, measured, values);
  const amd = vendor === 'AuthenticAMD' && config.blas === 'MKL';
  return {
    name,
    status: 'warn',
    measured: `${measured}, expected ${leastRatio} or more`,
    advice: amd
      ? 'MKL takes its slow path on this processor: unset VL_RETHINKER_MKL_AS_SHIPPED; other programs on the machine lower the figure too'
      : 'f32 products are slow: look at blas and environment above; other programs on the machine lower the figure too',
    values,
  };
}

function devices({ config }: EngineProbe, { nvidiaDriver }: Hardware): Check {
  const values = { devices: config.devices.join(' '), nvidiaDriver };
  if (!nvidiaDriver || config.devices.length > 1)
    return ok('devices', config.devices.join(', '), values);
  return {
    name: 'devices',
    status: 'warn',
    measured: `${config.devices.join(', ')}, though an NVIDIA driver is installed`,
    advice: `this libtorch has no CUDA. Install a Python torch with CUDA, or name one in LIBTORCH, then ${setUpAfresh}`,
    values,
  };
}
