import type { RawReply } from './endpoint.ts';
import { RequestError } from './responder.ts';
import type { Reply } from './responder.ts';

/** Statuses that pass: time-outs, too early, too many, and whatever a gateway says under load. */
const PASSING = new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]);
const LONGEST_WAIT_MS = 120_000;

/**
 * The answer inside a server's reply.
 *
 * @throws RequestError for every other reply: repeated where it may pass, fatal for a key or an address
 *   that is wrong.
 */
export function replyIn(raw: RawReply, maxTokens: number): Reply {
  const { status, type, text } = raw;
  if (PASSING.has(status))
    throw new RequestError(`expected status 200, found ${status}: ${brief(text)}`, {
      retryable: true,
      waitMs: waitOf(raw.retryAfter),
    });
  if (status === 401 || status === 403)
    throw new RequestError(
      `expected access, found status ${status}: ${brief(text)}; put the key into OPENAI_API_KEY`,
      { fatal: true },
    );
  if (status === 404 || status === 405 || (status >= 300 && status < 400))
    throw new RequestError(
      `expected chat completions at this address, found status ${status}: ${brief(text)}; check --endpoint and --model`,
      { fatal: true },
    );
  if (status !== 200)
    throw new RequestError(`expected status 200, found ${status}: ${brief(text)}`);
  if (/html/i.test(type) || /^\s*</.test(text))
    throw new RequestError(
      `expected JSON, found an HTML page: ${brief(text)}; check --endpoint, which often ends in /v1`,
      { fatal: true },
    );
  return completionIn(jsonOf(text), maxTokens);
}

function completionIn(value: unknown, maxTokens: number): Reply {
  const [choice] = listAt(value, 'choices');
  const message = at(choice, 'message');
  if (message === undefined)
    throw new RequestError(
      `expected choices[0].message, found ${brief(JSON.stringify(value) ?? '')}`,
      {
        retryable: true,
      },
    );
  const content = at(message, 'content');
  const text = typeof content === 'string' ? content : partsText(content);
  // Servers with a reasoning parser put the thoughts into a field of their own.
  const thoughts = at(message, 'reasoning_content') ?? at(message, 'reasoning');
  const whole =
    typeof thoughts === 'string' && thoughts !== '' ? `<think>${thoughts}</think>\n${text}` : text;
  const usage = at(value, 'usage');
  const tokens = count(at(usage, 'completion_tokens'));
  const finish = at(choice, 'finish_reason');
  const ended = finish === 'stop' || finish === 'eos' || finish === 'stop_sequence';
  const cut = finish === 'length' || finish === 'max_tokens';
  if (!ended && !cut && (finish !== null || tokens === null))
    throw new RequestError(
      `expected finish_reason stop or length, found ${JSON.stringify(finish) ?? 'none'}; without it nobody knows whether the response is whole`,
      // A reason of another name, such as a content filter, would come again.
      { retryable: finish === undefined || finish === null },
    );
  return {
    text: whole,
    finish: cut || (!ended && tokens !== null && tokens >= maxTokens) ? 'length' : 'stop',
    promptTokens: count(at(usage, 'prompt_tokens')),
    tokens,
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestError(`expected JSON, found ${brief(text)}`, { retryable: true, cause });
  }
}

/** `Retry-After`: seconds or a date. */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(wait) ? Math.min(LONGEST_WAIT_MS, Math.max(0, wait)) : undefined;
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const list = at(value, key);
  return Array.isArray(list) ? list : [];
}

function partsText(content: unknown): string {
  return Array.isArray(content) ? content.map((part) => textOf(at(part, 'text'))).join('') : '';
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const count = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const BRIEF = 200;

function brief(text: string): string {
  const plain = text.replaceAll(/\s+/g, ' ').trim();
  return plain.length > BRIEF ? `${plain.slice(0, BRIEF)}…` : plain || 'nothing';
}
