/** What the design asks of CUDA. Without a device every test is skipped and says why. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  allowTf32,
  checkpointed,
  engineConfig,
  fromFloats,
  fromInts,
  liveTensors,
  memory,
  noGrad,
  ops,
  rngState,
  seedTorch,
  setRngState,
  synchronize,
  type Tensor,
  TensorScope,
  TorchError,
} from '#tensor';
import { AdamW, type MakeParameter } from '#nn';
import {
  Decoder,
  formulaParameters,
  formulaTokens,
  referenceSizes,
  rotaryTables,
  smallSizes,
} from './decoder.ts';
import { buildInput, type InputSpec } from './formula.ts';
import { operatorCases } from './operator-cases.ts';

const { devices, version } = engineConfig();
const found = devices.filter((device) => device.startsWith('cuda'));
const absent = `libtorch ${version} sees no CUDA device (its devices: ${devices.join(', ')})`;
const places = (found.length > 0 ? found : ['cuda:0']).map((device) => ({ device }));

/** Skips, saying why, where the device is not there. */
function need(context: { skip(note: string): never }): void {
  if (found.length === 0) context.skip(absent);
}

const numbers = (x: Tensor): readonly number[] => [
  ...(x.detach().to('cpu').to('f64').toArray() as Float64Array),
];

function distance(a: Tensor, b: Tensor): number {
  const other = numbers(b);
  return Math.max(0, ...numbers(a).map((value, index) => Math.abs(value - (other[index] ?? NaN))));
}

test.for(places)(
  'products on $device equal those of the CPU, in f32 and bf16',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    seedTorch(1);
    const [a, b] = [ops.randn([64, 96]), ops.randn([96, 32])];
    const product = (dtype: 'f32' | 'bf16', place: string): Tensor =>
      a.to(dtype).to(place).matmul(b.to(dtype).to(place));
    allowTf32(false);
    expect(distance(product('f32', device), product('f32', 'cpu'))).toBeLessThan(1e-4);
    expect(distance(product('bf16', device), product('f32', 'cpu'))).toBeLessThan(0.5);
    expect(product('bf16', device).device).toBe(device);
  },
);

test.for(places)(
  'tensors cross to $device and back unchanged, also without waiting',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const values = Array.from({ length: 1000 }, (_, index) => index * 0.37);
    const x = fromFloats(values);
    const there = x.pinMemory().to(device, { nonBlocking: true });
    synchronize();
    expect(numbers(there)).toEqual(numbers(x));
    expect([...there.toArray()]).toEqual([...x.toArray()]);
    expect(there.select(0, 3).item()).toBeCloseTo(1.11, 5);
    expect(there.to(device)).toBe(there);
  },
);

interface Reference {
  readonly inputs: readonly InputSpec[];
  readonly bf16: object;
}
const file = new URL('../fixtures/engine/operators.json', import.meta.url);
const references = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Reference>;
const names = Object.keys(references);

test.for(
  places.flatMap(({ device }) => [
    { device, dtype: 'f32' as const, tolerance: 1e-4 },
    { device, dtype: 'bf16' as const, tolerance: 5e-2 },
  ]),
)(
  'all checked operators in $dtype on $device give what the CPU gives, backwards too',
  (given, context) => {
    need(context);
    const { device, dtype, tolerance } = given;
    allowTf32(false);
    const far: string[] = [];
    for (const name of names) {
      using _scope = new TensorScope(name);
      const specs = references[name]?.inputs ?? [];
      if (dtype === 'bf16' && 'missing' in (references[name]?.bf16 ?? {})) continue;
      const run = (place: string): readonly Tensor[] => {
        const inputs = specs.map((spec, index) => {
          const cpu = buildInput(spec, index + 1, dtype);
          return place === 'cpu' ? cpu : cpu.detach().to(place).requiresGrad_(cpu.requiresGrad);
        });
        const [a, b, c] = inputs as [Tensor, Tensor, Tensor];
        const output = operatorCases[name]?.(a, b, c) ?? a;
        output.sum().backward();
        return [output, ...inputs.flatMap((input) => input.grad ?? [])];
      };
      const expected = run('cpu');
      for (const [index, tensor] of run(device).entries()) {
        const wanted = expected[index] ?? tensor;
        const bound = tolerance * Math.max(1, ...numbers(wanted).map(Math.abs));
        if (!(distance(tensor, wanted) <= bound)) far.push(`${name} ${index}`);
      }
    }
    expect(far).toEqual([]);
  },
);

/** The parameters of a decoder on a device. */
function parametersOn(device: string, dtype: 'f32' | 'bf16'): MakeParameter {
  const make = formulaParameters(dtype);
  return (name, shape) => {
    const cpu = make(name, shape);
    return cpu && noGrad(() => cpu.detach().to(device)).requiresGrad_(true);
  };
}

const settings = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };

/** Calls `after` with the loss of each step of a decoder that learns on a device. */
function train(
  where: { readonly device: string; readonly dtype: 'f32' | 'bf16' },
  size: { readonly sizes: typeof smallSizes; readonly length: number; readonly steps: number },
  after: (loss: number) => void,
): void {
  const { device, dtype } = where;
  const { sizes, length, steps } = size;
  using model = new Decoder(sizes, parametersOn(device, dtype));
  using optimizer = new AdamW(model.parameters.tensors);
  using _scope = new TensorScope('training');
  const tokens = formulaTokens(4, length, sizes.vocabulary).to(device);
  const cpu = rotaryTables(length, sizes.width / sizes.heads, dtype);
  const tables = { cos: cpu.cos.to(device), sin: cpu.sin.to(device) };
  for (let step = 0; step < steps; step++) {
    using _step = new TensorScope('step');
    const loss = model.loss(tokens, tables);
    loss.backward();
    optimizer.accumulate();
    optimizer.step(settings);
    after(loss.item());
  }
}

const stored = JSON.parse(
  readFileSync(new URL('../fixtures/engine/losses.json', import.meta.url), 'utf8'),
) as { readonly answered: Record<'f32' | 'bf16', readonly number[]> };

test.for(
  places.flatMap(({ device }) => [
    { device, dtype: 'f32' as const, bound: 1e-3 },
    { device, dtype: 'bf16' as const, bound: 1e-2 },
  ]),
)(
  'ten losses of the reference step in $dtype on $device equal those of the CPU',
  (given, context) => {
    need(context);
    allowTf32(false);
    const losses: number[] = [];
    train(given, { sizes: referenceSizes, length: 128, steps: 10 }, (loss) => losses.push(loss));
    const wanted = stored.answered[given.dtype];
    expect(losses.length).toBe(wanted.length);
    for (const [step, loss] of losses.entries()) {
      expect(Math.abs(loss - (wanted[step] ?? NaN)), `step ${step}: ${loss}`).toBeLessThan(
        given.bound,
      );
    }
  },
);

test.for(places)(
  '1,000 steps on $device leave handles constant and the allocator flat',
  ({ device }, context) => {
    need(context);
    const before = liveTensors();
    const handles = new Set<number>();
    const allocated = new Set<number | undefined>();
    let step = 0;
    train({ device, dtype: 'bf16' }, { sizes: smallSizes, length: 16, steps: 1020 }, () => {
      if (++step <= 20) return;
      handles.add(liveTensors());
      if (step % 100 === 0) allocated.add(memory().devices[`${device} allocated`]);
    });
    expect(handles.size).toBe(1);
    expect(allocated.size).toBe(1);
    expect(liveTensors()).toBe(before);
  },
);

test.for(places)(
  'out of memory on $device is told, and everything goes on',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const x = ops.ones([4], { device });
    const hog = (): Tensor => ops.empty([2 ** 41], { device });
    expect(hog).toThrow(TorchError);
    expect(hog).toThrow(expect.objectContaining({ kind: 'memory', op: 'aten::empty' }));
    expect(x.add(1).sum().item()).toBe(8);
  },
);

test.for(places)(
  'the generator of $device is seeded, saved and restored on its own',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const draw = (): readonly number[] => numbers(ops.rand([8], { device }));
    seedTorch(5);
    const first = draw();
    const state = rngState(device);
    const second = draw();
    setRngState(state, device);
    expect(draw()).toEqual(second);
    seedTorch(5);
    expect(draw()).toEqual(first);
    expect(first).not.toEqual(second);
  },
);

test.for(places)(
  'checkpointed segments on $device give the gradients of a plain pass, with dropout',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const gradient = (recompute: boolean): readonly number[] => {
      using _pass = new TensorScope();
      const w = fromFloats([0.5, -1, 2, 0.1]).to(device).requiresGrad_(true);
      const x = fromFloats([1, 2, 3, 4]).to(device);
      const segment = ([y]: readonly Tensor[]): readonly Tensor[] => [
        (y ?? x).mul(w).dropout(0.4, true).exp(),
      ];
      seedTorch(3);
      if (recompute) {
        const pass = checkpointed([segment, segment], [x]);
        pass.outputs[0]?.sum().backward();
        pass.backward();
      } else
        segment(segment([x]))[0]
          ?.sum()
          .backward();
      return numbers(w.grad ?? x);
    };
    expect(gradient(true)).toEqual(gradient(false));
  },
);

test.for(places)(
  'tensors of two devices do not mix, and the message names both',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const mixed = (): Tensor => ops.ones([2], { device }).add(fromFloats([1, 2]));
    expect(mixed).toThrow(expect.objectContaining({ kind: 'device' }));
    expect(mixed).toThrow(device);
  },
);

test.for(places)(
  'one copy per token step brings the drawn ids of $device back',
  ({ device }, context) => {
    need(context);
    using _scope = new TensorScope();
    const table = ops.eye(16, { device });
    let ids = fromInts([1, 2, 3]).to(device);
    for (let step = 0; step < 20; step++) {
      ids = ops.embedding(table, ids).argmax(-1).add(1).remainder(16);
      expect(ids.device).toBe(device);
    }
    expect([...(ids.toArray() as BigInt64Array)]).toEqual([5n, 6n, 7n]);
  },
);
