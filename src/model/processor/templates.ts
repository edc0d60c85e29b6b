/**
 * What follows a question in the user turn, verbatim (`default` and `rethink`: paper v3, appendix B;
 * the others: its released code). Blanks and newlines at the ends belong to the data.
 */
const TEMPLATES: Readonly<Record<string, string>> = {
  default: 'Please reason step by step, and put your final answer within \\boxed{}.',
  rethink:
    'Guidelines: \nPlease think step by step, and **regularly perform self-questioning, self-verification, self-correction to check your ongoing reasoning**, using connectives such as "Wait a moment", "Wait, does it seem right?", etc. Remember to put your final answer within \\boxed{}.',
  elaborate: [
    'First understand the problem: understand what information is given in the text and ',
    'understand what the images describes. Then think about what the problem is asking for ',
    'and what knowledge the problem aims to examine. Finally, think about how to solve the ',
    'problem step by step. Explain your solution in simple words that are easy to follow, ',
    'assuming the readers are junior students who DOT NOT master well the relevant ',
    'knowledge. Remember to put your final answer within \\boxed{}.',
  ].join(''),
  elaborate_rethink: [
    'Guidelines:\n',
    '- First understand the problem: understand what information is given in the text and ',
    'understand what the images describes. Then think about what the problem is asking for ',
    'and what knowledge the problem aims to examine. Finally, think about how to solve the ',
    'problem step by step. Explain your solution in simple words that are easy to follow, ',
    'assuming the readers are junior students who DOT NOT master well the relevant ',
    'knowledge. \n',
    '- **Regularly perform self-questioning, self-verification, self-correction to check ',
    'your ongoing reasoning**, using connectives such as "Wait a moment", "Wait, does it ',
    'seem right?", etc.\n',
    '- Remember to put your final answer within \\boxed{}.',
  ].join(''),
  explain:
    'Guidelines:\nUnderstand what the problem is asking for, and what knowledge the problem aims to examine. \nExplain the problem and your solution in simple words to a reader, assuming he has rare knowledge and poor mastery about the related concepts. \n',
  longcot: [
    '\n',
    'You are a thoughtful and diligent student tasked with solving a problem. As you work ',
    'through the problem, document your thought process in a reflective, first-person ',
    'narrative. Think of yourself as talking to yourself through each step. Consider each ',
    'step carefully, question your reasoning, and adjust as needed to arrive at a sound ',
    "solution. Here's how you should proceed:\n\n",
    '1. **Step-by-Step Analysis**: Start by thoroughly understanding the problem. Identify ',
    'what is provided and what is being asked. Consider high-level strategies or ',
    'approaches first, and then break them down into smaller, manageable steps. Ensure you ',
    'address each component one at a time and do not skip over any details.\n',
    '   \n',
    '2. **Self-Questioning**: As you work through each step, ask yourself reflective ',
    'questions like, "Is this correct?", "Does it make sense?", or "What might I be ',
    'overlooking?" Be critical of your own reasoning, and adjust your approach as needed. ',
    'Use <confidence></confidence> notation to express your confidence and evaluate the ',
    'progress about solving the problem.\n',
    '   \n',
    '3. **Reassessment**: If you notice a mistake or feel uncertain about your approach, ',
    'reassess your work. Go back and revise your assumptions, logic, or calculations to ',
    "correct any missteps, ensuring you're on the right track.\n\n",
    '4. **Alternative Approaches**: If you find yourself stuck or unsure about the current ',
    'method, consider alternative approaches. Look at the problem from different angles, ',
    'and if one method feels insufficient, explore others.\n\n',
    '5. **Clear Detailing**: For each step, explain your reasoning clearly and in simple ',
    'language. Make sure anyone who follows your work can easily understand the logic ',
    "behind your decisions and the steps you've taken.\n\n",
    "6. **Final Solution**: Once you're confident in your solution, enclose it in \\boxed{} ",
    'to highlight your final answer.\n\n',
    '**Your goal is to approach the problem in a reflective, iterative manner, ensuring ',
    'that no steps are skipped and no assumptions go unchecked.**\n',
  ].join(''),
  autocode:
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{}\n\n### Response:',
  none: '',
  notrigger: '',
};

/** Joins question and template. */
const SEPARATOR = '\n\n';
/** A template with a place of its own for the question. */
const PLACE = '{}';

/** Names of the prompt templates. */
export const templateNames: readonly string[] = Object.keys(TEMPLATES);

/** A prompt template of this name does not exist. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/**
 * The text of a user turn: question, two newlines, template; `none` and `notrigger` leave the question alone,
 * `autocode` puts it into its middle.
 *
 * @throws TemplateError naming the nearest known template.
 */
export function withTemplate(question: string, name: string): string {
  const template = templateText(name);
  if (template === '') return question;
  if (name === 'autocode') return template.replace(PLACE, () => question);
  return question + SEPARATOR + template;
}

/** The verbatim text of a prompt template. */
export function templateText(name: string): string {
  const text = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
  if (text !== undefined) return text;
  const nearest = templateNames.reduce((a, b) => (edits(name, b) < edits(name, a) ? b : a));
  throw new TemplateError(
    `expected a prompt template among ${templateNames.join(', ')}, found ${JSON.stringify(name)}; ` +
      `did you mean ${nearest}?`,
  );
}

/** Single-character changes between two words (Levenshtein distance). */
function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
