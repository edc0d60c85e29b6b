export { groupAdvantages } from './advantage.ts';
export type { TrainConfig } from './config.ts';
export type { Knob, KnobKey, KnobKind, KnobTable, KnobValue, Source } from './knob.ts';
export { configOf, knobKeys, knobOf, knobs, settingOf } from './knobs.ts';
export type { Settings } from './knobs.ts';
export { verifyPolicy } from './judge.ts';
export type { AnswerVerdict, CheckAnswer } from './judge.ts';
export { maskTable } from './masks.ts';
export { countNativeWaits } from './native-wait.ts';
export type {
  Attempt,
  Group,
  Rollout,
  RolloutVerdict,
  Sample,
  Span,
  VerdictCode,
} from './records.ts';
export type { RunConfig } from './run-config.ts';
export { paperTriggers, triggers } from './triggers.ts';
export type { TriggerId } from './triggers.ts';
export type { Alarm, AlarmName } from './alarms.ts';
export type { TrainEvent } from './events.ts';
export type { Phase } from './phases.ts';
export { planRun } from './schedule.ts';
export { TrainError } from './setup.ts';
export type { Problems, Progress, TrainSetup } from './setup.ts';
export { decodeState, encodeState } from './state-codec.ts';
export { freshState } from './state.ts';
export type { TrainState } from './state.ts';
export { train } from './train.ts';
export { closestWord } from './closest-word.ts';
export { resolveConfig, stampsOf } from './check-config.ts';
export type { Complaint, Given, Resolved } from './check-config.ts';
export { explain } from './explain.ts';
export type { Preset, Sources } from './preset.ts';
export { pictureRows, recordOf } from './record-of.ts';
export type { Recording } from './record-of.ts';
export { Watchdog } from './watchdog.ts';
export type { Stall, Ticker } from './watchdog.ts';
export { checkLimits } from './check-limits.ts';
export type { Fit } from './check-limits.ts';
export { checkpointDue, validationDue } from './due.ts';
export { splitValidation } from './validation-split.ts';
export type { Split } from './validation-split.ts';
