/** Makes tensors, then fails: what a Worker leaves behind is counted by the test. */
import { fromFloats, ops } from '#tensor';

const kept = Array.from({ length: 100 }, (_, index) => fromFloats([index, 1], [1, 2]));
ops.ones([5, 3]).matmul(kept[0]!);
