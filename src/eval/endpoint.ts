import { createHash } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyPool, requestBody } from './endpoint-body.ts';
import type { RequestBody } from './endpoint-body.ts';
import { replyIn } from './endpoint-reply.ts';
import { EvalError } from './item.ts';
import { RequestError } from './responder.ts';
import type { Decoding, Question, Reply, Responder } from './responder.ts';

export interface EndpointOptions {
  /** Address of an OpenAI-compatible server: `http://host:8000/v1`. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token; never written anywhere. */
  readonly key?: string | undefined;
  /** Requests under way at once. Default: 16. */
  readonly atOnce?: number;
  /** Further tries after the first. Default: 5. */
  readonly retries?: number;
  /** For one try, from its start to the last byte. Default: 30 minutes. */
  readonly timeoutMs?: number;
  /** Wait before the second try; it doubles with every further one. Default: 500. */
  readonly backoffMs?: number;
  /** Told of every try that failed and will be repeated. */
  readonly onRetry?: (id: string, message: string, waitMs: number) => void;
}

const LONGEST_WAIT_MS = 60_000;
const MAX_REPLY_BYTES = 64 * 2 ** 20;

/**
 * Asks a server that speaks OpenAI's chat completions. Each question holds one body in memory, so that
 * memory is bounded by the requests under way.
 *
 * @throws EvalError for an address that is none.
 */
export function endpointResponder(options: EndpointOptions): Responder {
  const url = completionsUrl(options.url);
  const { model, atOnce = 16, retries = 5, backoffMs = 500 } = options;
  const settings = { keepAlive: true, maxSockets: atOnce };
  const agent = url.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  const pool = new BodyPool(atOnce);
  const place = { url, agent, options };
  return {
    about: { kind: 'endpoint', url: `${url.origin}${url.pathname}`, model },
    atOnce,
    sendsFiles: true,
    async ask(question: Question, decoding: Decoding, signal: AbortSignal): Promise<Reply> {
      const body = await requestBody(model, question, decoding, pool);
      let reusable = true;
      for (let attempt = 0; ; attempt += 1) {
        try {
          const before: boolean = reusable;
          reusable = false;
          const once = await send(place, body, signal);
          // What a server answered before it had read all of it may still be on its way out.
          reusable = before && once.sent;
          const reply = replyIn(once.raw, decoding.maxTokens);
          if (reusable) pool.give(body.memory);
          return reply;
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof RequestError) || !error.retryable) throw error;
          if (attempt >= retries)
            throw new RequestError(`${error.message}; given up after ${attempt + 1} tries`, {
              cause: error,
            });
          const waitMs = error.waitMs ?? backoff(question, attempt, backoffMs);
          options.onRetry?.(question.id, error.message, waitMs);
          await sleep(waitMs, undefined, { signal });
        }
      }
    },
  };
}

/** Between half and all of base · 2^attempt: a hash of question and try spreads the tries. */
function backoff({ id, sample }: Question, attempt: number, base: number): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([id, sample, attempt]))
    .digest();
  const spread = 0.5 + digest.readUInt32BE(0) / 2 ** 33;
  return Math.min(LONGEST_WAIT_MS, base * 2 ** attempt) * spread;
}

/** The address of chat completions: as given, or behind the address of the server or of its `/v1`. */
export function completionsUrl(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new EvalError(`expected an address such as http://localhost:8000/v1, found ${given}`);
  const path = url.pathname.replace(/\/+$/, '');
  if (path.endsWith('/chat/completions')) url.pathname = path;
  else url.pathname = `${path === '' ? '/v1' : path}/chat/completions`;
  return url;
}

interface Place {
  readonly url: URL;
  readonly agent: HttpAgent | HttpsAgent;
  readonly options: EndpointOptions;
}

/** What came back, whole. */
export interface RawReply {
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | undefined;
  readonly text: string;
}

/** One try. Every way in which it can go wrong becomes a `RequestError`. */
function send(
  { url, agent, options }: Place,
  body: RequestBody,
  signal: AbortSignal,
): Promise<{ readonly raw: RawReply; readonly sent: boolean }> {
  const { key, timeoutMs = 1_800_000 } = options;
  const { promise, resolve, reject } = Promise.withResolvers<RawReply>();
  const open = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = open(url, {
    method: 'POST',
    agent,
    signal,
    headers: {
      'content-type': 'application/json',
      'content-length': body.bytes,
      accept: 'application/json',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
  });
  const fail = (message: string, cause?: unknown): void =>
    reject(new RequestError(message, { retryable: true, cause }));
  const timer = setTimeout(() => {
    fail(`expected an answer within ${timeoutMs} ms, found none`);
    request.destroy();
  }, timeoutMs);
  request.on('error', (error) =>
    fail(`expected an answer from ${url.host}, found ${error.message}`, error),
  );
  request.on('response', (response) => {
    collect(response).then(resolve, (error: unknown) =>
      fail(`expected a whole answer from ${url.host}, found ${String(error)}`, error),
    );
  });
  request.end(body.memory.subarray(0, body.bytes));
  return promise
    .then((raw) => ({ raw, sent: request.writableFinished }))
    .finally(() => clearTimeout(timer));
}

async function collect(response: IncomingMessage): Promise<RawReply> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    const own = chunk as Buffer;
    bytes += own.length;
    if (bytes > MAX_REPLY_BYTES) {
      response.destroy();
      throw new Error(`more than ${MAX_REPLY_BYTES} bytes`);
    }
    chunks.push(own);
  }
  if (!response.complete) throw new Error('a connection closed in the middle');
  return {
    status: response.statusCode ?? 0,
    type: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'],
    text: Buffer.concat(chunks).toString('utf8'),
  };
}
