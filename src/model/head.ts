import { concat, noGrad, ops, TensorScope, type Tensor } from '#tensor';

/** Logits that are in memory at once, in bytes. */
const logitBytes = 64 << 20;

/** Rows of logits that stay within the budget. */
export function rowsPerChunk(vocabSize: number, bytes: number = logitBytes): number {
  return Math.max(1, Math.floor(bytes / (4 * vocabSize)));
}

/** The distribution that tokens are judged under: the sampler's, made again. */
export interface HeadOptions {
  /** f32 [V]: 0, or −∞ at ids that are never drawn; null for none. */
  readonly bans: Tensor | null;
}

/** Log-probabilities of some tokens, and the entropy of the distributions they came from. */
export interface TokenLogprobs {
  /** [n] nats, at the given temperatures. */
  readonly logprobs: Tensor;
  /** [n] nats, without gradient. */
  readonly entropy: Tensor;
  /** [n, V] the logits before temperature and bans. */
  readonly logits: Tensor;
}

/**
 * log softmax(logits / temperature + bans) at `targets`: hidden [n, D], head [V, D], targets i64 [n],
 * temperatures f32 [n, 1] or null for 1.
 */
export function tokenLogprobs(
  hidden: Tensor,
  head: Tensor,
  targets: Tensor,
  options: HeadOptions & { readonly temperatures: Tensor | null },
): TokenLogprobs {
  const logits = ops.linear(hidden, head).to('f32');
  const scaled = options.temperatures === null ? logits : logits.div(options.temperatures);
  const all = (options.bans === null ? scaled : scaled.add(options.bans)).logSoftmax(-1);
  const logprobs = all.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  const entropy = noGrad(() => {
    const plain = all.detach();
    const finite = options.bans === null ? plain : plain.clampMin(-1e30);
    return plain.exp().mul(finite).sum(-1).neg();
  });
  return { logprobs, entropy, logits };
}

/**
 * Log-probabilities without gradient, chunk by chunk, so that the full [n, V] matrix never exists.
 * Arguments as `tokenLogprobs`; returns f32 [n].
 */
export function chunkedLogprobs(
  hidden: Tensor,
  head: Tensor,
  targets: Tensor,
  options: HeadOptions & { readonly temperatures: Tensor | null },
): Tensor {
  const { n } = hidden.dims('n D');
  const { V } = head.dims('V D');
  const step = rowsPerChunk(V);
  const parts: Tensor[] = [];
  for (let start = 0; start < n; start += step) {
    const length = Math.min(step, n - start);
    using scope = new TensorScope('logprob chunk');
    const temperatures = options.temperatures?.narrow(0, start, length) ?? null;
    const chunk = tokenLogprobs(
      hidden.narrow(0, start, length),
      head,
      targets.narrow(0, start, length),
      { bans: options.bans, temperatures },
    );
    parts.push(scope.keep(chunk.logprobs));
  }
  return concat(parts);
}
