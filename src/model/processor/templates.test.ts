import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';

import { TemplateError, templateNames, templateText, withTemplate } from './templates.ts';

test('the prompt templates are verbatim', () => {
  const digest = (name: string) =>
    createHash('sha256').update(templateText(name)).digest('hex').slice(0, 16);
  expect(Object.fromEntries(templateNames.map((name) => [name, digest(name)]))).toEqual({
    default: '1ac42a4db949361d',
    rethink: '4321858d78eb811f',
    elaborate: '47f122323b7dcdd7',
    elaborate_rethink: 'b15f226ce96b2626',
    explain: '7cb8da328abad4e3',
    longcot: '5bf134e20ba38143',
    autocode: '4bfdb736bd2d3aae',
    none: 'e3b0c44298fc1c14',
    notrigger: 'e3b0c44298fc1c14',
  });
});

test('question, two newlines, template; or the question alone; or in its place', () => {
  const text = 'Please reason step by step, and put your final answer within \\boxed{}.';
  expect(withTemplate('How many?', 'default')).toBe(`How many?\n\n${text}`);
  expect(withTemplate('How many?', 'none')).toBe('How many?');
  expect(withTemplate('$& $1 {}', 'autocode')).toContain('### Instruction:\n$& $1 {}\n\n### Resp');
});

test('an unknown name is an error that names the nearest', () => {
  expect(() => withTemplate('a', 'rethnk')).toThrow('did you mean rethink?');
  expect(() => withTemplate('a', 'toString')).toThrow(TemplateError);
});
