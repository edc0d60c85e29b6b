export { trainBytePairs, type BytePairs } from './train-tokenizer.ts';
export { type Sizes, wordPattern, writeCheckpointFiles } from './checkpoint-files.ts';
export {
  carefulInstruction,
  example,
  type Example,
  type ExampleMaker,
  type Mixture,
} from './examples.ts';
export { balance, type EyesStep, trainEyes } from './eyes.ts';
export { PretrainProgress, type ProgressMark } from './pretrain-progress.ts';
export { fineTune, type FineTuneStep, type FineTuning, type WrittenExample } from './fine-tune.ts';
export { initialModel } from './initialise.ts';
export { type Recipe, tinyBase } from './recipe.ts';
export { type Part, type Resumption, type SupervisedStep, trainSupervised } from './supervised.ts';
export { tokenizerTexts } from './tokenizer-texts.ts';
