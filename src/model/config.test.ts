import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

import { CheckpointError } from '#model/processor';

import { parseConfig } from './config.ts';

function jsonOf(name: string): any {
  const path = new URL(`../../test/fixtures/model/${name}/model/config.json`, import.meta.url);
  return JSON.parse(readFileSync(fileURLToPath(path), 'utf8'));
}

/** The flat fixture's config after an edit. */
function flat(edit: (json: any) => void = () => {}): any {
  const json = jsonOf('windows');
  edit(json);
  return json;
}

test('the flat shape, its nested twin and the shape of late version 4 mean the same', () => {
  const published = parseConfig(flat());
  const { vision_config: vision, image_token_id, video_token_id, model_type, ...text } = flat();
  const common = { image_token_id, video_token_id, model_type };
  const { in_chans: channels, ...rest } = vision;
  expect(
    parseConfig({
      ...common,
      vision_config: { ...rest, in_channels: channels },
      text_config: { ...text, rope_scaling: { type: 'default', mrope_section: [1, 1, 2] } },
    }),
  ).toEqual(published);
  const { rope_theta, rope_scaling, ...unturned } = text;
  const rope_parameters = { rope_theta, rope_type: 'default', mrope_section: [1, 1, 2] };
  expect(
    parseConfig({
      ...common,
      vision_config: vision,
      text_config: { ...unturned, rope_parameters },
    }),
  ).toEqual(published);
  expect(rope_scaling).toEqual({ type: 'mrope', mrope_section: [1, 1, 2] });
});

test('the tie is read from either level', () => {
  expect(parseConfig(flat()).text.tied).toBe(false);
  expect(parseConfig(jsonOf('tied')).text.tied).toBe(true);
  const inside = jsonOf('tied');
  delete inside.tie_word_embeddings;
  inside.text_config.tie_word_embeddings = true;
  expect(parseConfig(inside).text.tied).toBe(true);
});

test('what a file leaves unsaid has the value of the upstream class', () => {
  const config = parseConfig(
    flat((json) => {
      for (const name of ['rms_norm_eps', 'num_key_value_heads', 'max_position_embeddings']) {
        delete json[name];
      }
      Object.assign(json, { num_attention_heads: 8, hidden_size: 64 });
      delete json.rope_theta;
      json.vision_config = { ...json.vision_config, out_hidden_size: 64 };
      for (const name of ['window_size', 'patch_size', 'in_chans', 'fullatt_block_indexes']) {
        delete json.vision_config[name];
      }
    }),
  );
  expect(config.text).toMatchObject({ rmsNormEps: 1e-5, headDim: 8, ropeTheta: 1e6 });
  expect(config.text).toMatchObject({ kvHeads: 8, maxPositions: 32_768 });
  expect(config.vision).toMatchObject({ windowSize: 112, patchSize: 14, channels: 3 });
  expect(config.vision).toMatchObject({
    fullAttentionBlocks: [7, 15, 23, 31],
    ropeTheta: 10_000,
  });
});

test('key heads given as null are as many as query heads', () => {
  const config = parseConfig(flat((json) => (json.num_key_value_heads = null)));
  expect(config.text.kvHeads).toBe(4);
});

test('the base of the vision frequencies is read where a file states it', () => {
  const rope_parameters = { rope_type: 'axial', rope_theta: 500 };
  const config = parseConfig(
    flat((json) => Object.assign(json.vision_config, { rope_parameters })),
  );
  expect(config.vision.ropeTheta).toBe(500);
});

test.each<[string, (json: any) => void, RegExp]>([
  ['another architecture', (j) => (j.model_type = 'llama'), /"qwen2_5_vl", found "llama"/],
  ['its predecessor', (j) => (j.model_type = 'qwen2_vl'), /found "qwen2_vl"; only checkpoints/],
  ['no architecture', (j) => delete j.model_type, /found nothing/],
  ['a text as size', (j) => (j.hidden_size = '32'), /hidden_size to be a positive .*found "32"/],
  ['a negative size', (j) => (j.vocab_size = -1), /vocab_size to be a positive .*found -1/],
  ['half a layer', (j) => (j.num_hidden_layers = 1.5), /num_hidden_layers .*found 1\.5/],
  ['a billion layers', (j) => (j.num_hidden_layers = 1e9), /up to 1024, found 1000000000/],
  ['no vision part', (j) => delete j.vision_config, /vision_config to be an object, found nothing/],
  ['a list as vision part', (j) => (j.vision_config = []), /to be an object, found \[\]/],
  ['no rope sections', (j) => delete j.rope_scaling.mrope_section, /mrope_section .*found nothing/],
  [
    'wrong rope sections',
    (j) => (j.rope_scaling.mrope_section = [2, 2, 2]),
    /with sum 4 .*2, 2, 2/,
  ],
  ['negative sections', (j) => (j.rope_scaling.mrope_section = [-1, 2, 3]), /none negative/],
  [
    'stretched positions',
    (j) => (j.rope_scaling.type = 'yarn'),
    /"mrope" or "default", found "yarn"/,
  ],
  ['another activation', (j) => (j.hidden_act = 'gelu'), /hidden_act to be "silu", found "gelu"/],
  ['sliding windows', (j) => (j.use_sliding_window = true), /to be false, found true/],
  ['uneven groups', (j) => (j.num_key_value_heads = 3), /multiple of num_key_value_heads/],
  [
    'another width',
    (j) => (j.vision_config.out_hidden_size = 16),
    /equal hidden_size 32, found 16/,
  ],
  [
    'a head width that does not fill the width',
    (j) => (j.head_dim = 16),
    /hidden_size to be num_attention_heads times the head width, found 32, 4 and 16/,
  ],
  [
    'another turn of pictures',
    (j) => (j.vision_config.rope_parameters = { rope_type: 'yarn' }),
    /vision_config: rope_parameters: .*found "yarn"/,
  ],
  ['odd vision heads', (j) => (j.vision_config.num_heads = 3), /multiple of 4 · num_heads/],
  ['a window below a token', (j) => (j.vision_config.window_size = 14), /at least 28 pixels/],
  [
    'an image token beyond the table',
    (j) => (j.image_token_id = 64),
    /below vocab_size 64, found 64/,
  ],
])('%s is refused with what was expected and found', (_, edit, message) => {
  expect(() => parseConfig(flat(edit), 'some/config.json')).toThrow(message);
  expect(() => parseConfig(flat(edit), 'some/config.json')).toThrow(/^some\/config\.json: /);
});

test('what is no object is refused', () => {
  for (const value of [null, 'text', 3, []]) {
    expect(() => parseConfig(value)).toThrow(CheckpointError);
  }
});
