/** Every bad input is answered by a typed error that names operator, arguments and the caller's line. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, test } from 'vitest';
import {
  fromFloats,
  ops,
  Safetensors,
  SafetensorsError,
  Tensor,
  TensorScope,
  TorchError,
  writeSafetensors,
} from '#tensor';
import { native } from '../../src/tensor/native.ts';

const folder = mkdtempSync(join(tmpdir(), 'vl-rethinker-bad-'));
afterAll(() => rmSync(folder, { recursive: true }));

const matrix = (): Tensor => fromFloats([1, 2, 3, 4], [2, 2]);
const gone = (): Tensor => {
  const x = matrix();
  x.dispose();
  return x;
};

interface Bad {
  readonly name: string;
  readonly run: () => unknown;
  readonly kind: string;
  readonly op: string;
  /** What the message says of the arguments. */
  readonly args: RegExp;
}

const inputs: readonly Bad[] = [
  {
    name: 'a disposed tensor as argument of an operator',
    run: () => matrix().matmul(gone()),
    kind: 'disposed',
    op: 'aten::matmul',
    args: /argument 'other'.*use of a disposed tensor[^]*self = f32\[2, 2\]/,
  },
  {
    name: 'a disposed tensor whose number is read',
    run: () => gone().item(),
    kind: 'disposed',
    op: 'item',
    args: /use of a disposed tensor\n {2}in item\(Tensor self\) -> Scalar\n {2}self = no tensor/,
  },
  {
    name: 'a disposed gradient',
    run: () => {
      matrix().grad = gone();
    },
    kind: 'disposed',
    op: 'setGrad',
    args: /self = f32\[2, 2\] {3}grad = no tensor/,
  },
  {
    name: 'a wrong element type',
    run: () => matrix().matmul(matrix().to('bf16')),
    kind: 'dtype',
    op: 'aten::matmul',
    args: /self = f32\[2, 2\] {3}other = bf16\[2, 2\]/,
  },
  {
    name: 'shapes that do not fit',
    run: () => matrix().matmul(ops.ones([10, 4])),
    kind: 'shape',
    op: 'aten::matmul',
    args: /self = f32\[2, 2\] {3}other = f32\[10, 4\]/,
  },
  {
    name: 'a number of a tensor of many',
    run: () => matrix().item(),
    kind: 'shape',
    op: 'item',
    args: /expected one element, got shape \[2, 2\][^]*self = f32\[2, 2\]/,
  },
  {
    name: 'a backward from a matrix',
    run: () => matrix().requiresGrad_(true).exp().backward(),
    kind: 'autograd',
    op: 'backward',
    args: /outputs = \[f32\[2, 2\]\] {3}retainGraph = false {3}createGraph = false/,
  },
  {
    name: 'an operator that libtorch lacks',
    run: () => native.resolve('aten::nothing_of_the_kind', 'Tensor'),
    kind: 'operator',
    op: 'resolve',
    args: /'aten::nothing_of_the_kind\.Tensor' is not in libtorch \d[^]*name = 'aten::nothing/,
  },
  {
    name: 'more memory than there is',
    run: () => ops.zeros([2 ** 25, 2 ** 25]),
    kind: 'memory',
    op: 'aten::zeros',
    args: /size = \[33554432, 33554432\]/,
  },
];

function caught(body: () => unknown): Error {
  try {
    body();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected an error, found none');
}

/** The first line of a stack that names a file. */
const firstFrame = (error: Error): string | undefined =>
  (error.stack ?? '').split('\n').find((line) => /^\s+at .*:\d+:\d+/.test(line));

test.for(inputs)('$name: the error is typed and names operator, arguments and the line', (bad) => {
  using _scope = new TensorScope();
  const bystander = fromFloats([1, 2, 3]);
  const error = caught(bad.run);
  expect(error).toBeInstanceOf(TorchError);
  expect(error).toMatchObject({ kind: bad.kind, op: bad.op });
  expect(error.message).toMatch(bad.args);
  expect(firstFrame(error)).toMatch(/bad-input\.test\.ts/);
  expect(bystander.add(1).sum().item(), 'every other tensor stays usable').toBe(9);
});

test('a tensor of another thread is refused by operator and argument, and stays usable there', async () => {
  using _scope = new TensorScope();
  const program = fileURLToPath(new URL('lending-worker.ts', import.meta.url));
  const worker = new Worker(program, { execArgv: ['--conditions=source'] });
  const [{ handle }] = (await once(worker, 'message')) as [{ handle: number }];
  const foreign = Object.create(Tensor.prototype, { handle: { value: handle } }) as Tensor;
  const error = caught(() => matrix().add(foreign));
  expect(error).toBeInstanceOf(TorchError);
  expect(error).toMatchObject({ kind: 'disposed', op: 'aten::add' });
  expect(error.message).toMatch(/argument 'other' \(Tensor\): a tensor of another thread; adopt/);
  expect(error.message).toMatch(/self = f32\[2, 2\]/);
  expect(firstFrame(error)).toMatch(/bad-input\.test\.ts/);
  worker.postMessage('done', []);
  const [{ refused }] = (await once(worker, 'message')) as [{ refused: string }];
  expect(refused, 'the other thread still uses it').toBe('nothing');
  await once(worker, 'exit');
});

function header(text: string, bytes: number): string {
  const path = join(folder, `${bytes}-${text.length}.safetensors`);
  const body = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(body.length));
  writeFileSync(path, Buffer.concat([length, body, Buffer.alloc(bytes)]));
  return path;
}

const files: readonly (readonly [string, () => string, RegExp])[] = [
  [
    'a truncated file',
    () => {
      const path = join(folder, 'cut.safetensors');
      using _scope = new TensorScope();
      writeSafetensors(path, new Map([['w', ops.ones([100])]]));
      truncateSync(path, 200);
      return path;
    },
    /cut\.safetensors/,
  ],
  [
    'a header that promises more bytes than its shape has',
    () => header('{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,400]}}', 400),
    /w.*\[2\]|w[^]*400/,
  ],
  [
    'a header that points behind the end',
    () => header('{"w":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}}', 8),
    /safetensors/,
  ],
];

test.for(files)('%s is refused by name, and the engine stays usable', ([, make, message]) => {
  using _scope = new TensorScope();
  const path = make();
  const error = caught(() => new Safetensors(path).tensor('w'));
  expect(error).toBeInstanceOf(SafetensorsError);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(path);
  expect(error.stack).toMatch(/bad-input\.test\.ts/);
  expect(matrix().sum().item()).toBe(10);
});
