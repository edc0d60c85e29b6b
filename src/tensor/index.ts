export { type Checkpointed, checkpointed, type Segment } from './checkpointed.ts';
export {
  allowTf32,
  type EngineConfig,
  engineConfig,
  hasOperator,
  setDeterministic,
  setThreads,
  synchronize,
} from './config.ts';
export type { TensorArray } from './core.ts';
export { adopt, fromArray, fromBools, fromFloats, fromInts } from './create.ts';
export { type DebugOptions, debugTensors } from './debug.ts';
export type { Dims } from './dims.ts';
export { bytesOf, type DType } from './dtype.ts';
export { ShapeError, TorchError, type TorchErrorKind } from './errors.ts';
export { gradients } from './gradients.ts';
export { matmulSpeed } from './matmul-speed.ts';
export { inTurn } from './in-turn.ts';
export { LeakAlarm } from './leak-alarm.ts';
export { liveTensors, memory, type MemoryReport, trimMemory } from './memory.ts';
export { backward, enableGrad, inferenceMode, noGrad } from './modes.ts';
export { rngState, seedTorch, setRngState } from './random.ts';
export {
  readSafetensorsHeader,
  Safetensors,
  type SafetensorsEntry,
  SafetensorsError,
  SafetensorsSet,
} from './safetensors.ts';
export { describeEngine, selfTest } from './self-test.ts';
export { AsyncScope, outside, TensorScope, tidy } from './scope.ts';
export * as ops from './tensor.generated.ts';
export { cat as concat, einsum, stack, Tensor, where } from './tensor.generated.ts';
export { writeSafetensors } from './write-safetensors.ts';
