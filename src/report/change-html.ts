import type { ProblemRow } from '#run';
import type { Change, Pair } from './change.ts';
import { percent, points, probability } from './format.ts';
import type { Html } from './html.ts';
import { markup } from './html.ts';
import type { ShownPicture } from './pictures.ts';
import { asked, badge } from './rollout-html.ts';
import type { Answered } from './validation.ts';

/** Pairs of each kind that are shown in full. */
export const shownPairs = 6;

/** What changed on the validation problems from base to end, with examples. */
export function changeHtml(
  change: Change,
  picturesOf: (answer: Answered) => readonly ShownPicture[],
): Html {
  const { template, iterations, shared, fixed, broken, pValue, rightBefore, rightAfter } = change;
  if (shared === 0) {
    return markup`<p class="missing">The validations of template ${template} share no problem.</p>`;
  }
  const same = shared - fixed.length - broken.length;
  const note =
    change.unreadable > 0
      ? markup`<p class="warn">
          ${change.unreadable} lines of the validation files could not be read.
        </p>`
      : markup``;
  return markup`<h3>
      Template <code>${template}</code>: after ${iterations[0]} and after ${iterations[1]}
      iterations
    </h3>
    ${note}
    <p>
      ${shared} problems, answered greedily before and after: ${percent(rightBefore / shared)} →
      <b>${percent(rightAfter / shared)}</b> right. ${fixed.length} became right, ${broken.length}
      became wrong, ${same} stayed as they were; exact McNemar p ${probability(pValue)}.
    </p>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>category</th>
            <th>problems</th>
            <th>before</th>
            <th>after</th>
            <th>points</th>
          </tr>
        </thead>
        <tbody>
          ${change.categories.map(
            ({ category, n, before, after }) =>
              markup`<tr>
                <td>${category === '' ? '(none)' : category}</td>
                <td>${n}</td>
                <td>${percent(before / n)}</td>
                <td>${percent(after / n)}</td>
                <td class="${after >= before ? 'up' : 'down'}">${points((after - before) / n)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${examples('Became right', fixed, picturesOf)} ${examples('Became wrong', broken, picturesOf)}`;
}

function examples(
  title: string,
  pairs: readonly Pair[],
  picturesOf: (answer: Answered) => readonly ShownPicture[],
): Html {
  if (pairs.length === 0)
    return markup`<h4>${title}</h4>
      <p class="missing">None.</p>`;
  const shown = pairs.slice(0, shownPairs);
  const count = shown.length < pairs.length ? `, ${shown.length} of ${pairs.length}` : '';
  return markup`<h4>${title}${count}</h4>
    <div class="readings">${shown.map((pair) => pairHtml(pair, picturesOf))}</div>`;
}

function pairHtml(
  { id, before, after }: Pair,
  picturesOf: (answer: Answered) => readonly ShownPicture[],
): Html {
  const problem = problemOf(after);
  const side = (name: string, answer: Answered) =>
    markup`<p class="facts">${name}: ${badge(answer)}</p>
      <pre><span class="draft">${answer.text}</span></pre>`;
  return markup`<article class="card reading">
    ${asked(problem, id, () => picturesOf(after))}
    <div>
      ${side('before', before)}${side('after', after)}
      <p class="id">${id}</p>
    </div>
  </article>`;
}

/** Records of older runs hold the answers alone. */
function problemOf({ id, question, answer, category, pictures }: Answered): ProblemRow | undefined {
  if (question === undefined) return undefined;
  return {
    id,
    question,
    answer: answer ?? '–',
    options: null,
    category,
    source: null,
    pictures: pictures ?? [],
  };
}
