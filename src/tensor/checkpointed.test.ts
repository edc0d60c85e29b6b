import { expect, test } from 'vitest';
import {
  checkpointed,
  fromFloats,
  fromInts,
  ops,
  seedTorch,
  type Segment,
  type Tensor,
  TensorScope,
} from './index.ts';

const width = 16;

function weights(): readonly Tensor[] {
  seedTorch(3);
  return Array.from({ length: 4 }, () =>
    ops.randn([width, width]).mul(0.3).detach().requiresGrad_(true),
  );
}

/** Four layers, with a residual stream beside and, if wanted, dropout. */
function network(ws: readonly Tensor[], drop: number): readonly Segment[] {
  return ws.map((w): Segment => ([x, side]) => {
    const y = x!.matmul(w).gelu().dropout(drop, true).add(side!);
    return [y, side!.mul(1.5)];
  });
}

const inputs = (): readonly [Tensor, Tensor] => {
  seedTorch(4);
  return [ops.randn([8, width]).requiresGrad_(true), ops.randn([8, width]).requiresGrad_(true)];
};

test.for([0, 0.4])(
  'gradients equal those of a plain backward bit for bit, with dropout %f',
  (drop) => {
    using _scope = new TensorScope();
    const plain = { ws: weights(), xs: inputs() };
    seedTorch(9);
    let values: readonly Tensor[] = plain.xs;
    for (const segment of network(plain.ws, drop)) values = segment(values);
    const loss = values[0]!.square().sum().add(values[1]!.sum());
    loss.backward();
    const afterPlain = ops.rand([3]).toArray();

    const saved = { ws: weights(), xs: inputs() };
    seedTorch(9);
    const pass = checkpointed(network(saved.ws, drop), saved.xs);
    const again = pass.outputs[0]!.square().sum().add(pass.outputs[1]!.sum());
    again.backward();
    const inputGrads = pass.backward();

    expect(again.item()).toBe(loss.item());
    expect(saved.ws.map((w) => w.grad!.toArray())).toEqual(plain.ws.map((w) => w.grad!.toArray()));
    expect(inputGrads.map((grad) => grad!.toArray())).toEqual(
      plain.xs.map((x) => x.grad!.toArray()),
    );
    expect(ops.rand([3]).toArray(), 'the generator continues where a plain pass leaves it').toEqual(
      afterPlain,
    );
  },
);

test('gradients of a parameter shared by several segments add up', () => {
  using _scope = new TensorScope();
  const w = fromFloats([2]).requiresGrad_(true);
  const twice: Segment = ([x]) => [x!.mul(w)];
  const pass = checkpointed([twice, twice], [fromFloats([3])]);
  pass.outputs[0]!.sum().backward();
  pass.backward();
  expect(w.grad?.item()).toBe(12);
});

test('integer tensors pass through segments without a gradient', () => {
  using _scope = new TensorScope();
  const table = ops.ones([4, 2]).requiresGrad_(true);
  const lookUp: Segment = ([ids]) => [ops.embedding(table, ids!), ids!];
  const scale: Segment = ([x, ids]) => [x!.mul(ids!.unsqueeze(-1))];
  const pass = checkpointed([lookUp, scale], [fromInts([1, 3])]);
  pass.outputs[0]!.sum().backward();
  expect(pass.backward()).toEqual([null]);
  expect(table.grad?.sum(1).toArray()).toEqual(Float32Array.of(0, 2, 0, 6));
});
