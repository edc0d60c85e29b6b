import { noGrad, ops, TensorScope, type Tensor } from '#tensor';

/** Logits that are in memory at once, in bytes. */
const logitBytes = 32 << 20;

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

type JudgeOptions = HeadOptions & { readonly temperatures: Tensor | null };

/** Logits [n, V] and the log-distribution that tokens are judged under. */
function distribution(
  hidden: Tensor,
  head: Tensor,
  { bans, temperatures }: JudgeOptions,
): { readonly logits: Tensor; readonly all: Tensor } {
  const logits = ops.linear(hidden, head).to('f32');
  const scaled = temperatures === null ? logits : logits.div(temperatures);
  return { logits, all: (bans === null ? scaled : scaled.add(bans)).logSoftmax(-1) };
}

function at(all: Tensor, targets: Tensor): Tensor {
  return all.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
}

/**
 * log softmax(logits / temperature + bans) at `targets`: hidden [n, D], head [V, D], targets i64 [n],
 * temperatures f32 [n, 1] or null for 1.
 */
export function tokenLogprobs(
  hidden: Tensor,
  head: Tensor,
  targets: Tensor,
  options: JudgeOptions,
): TokenLogprobs {
  const { logits, all } = distribution(hidden, head, options);
  const entropy = noGrad(() => {
    const plain = all.detach();
    const finite = options.bans === null ? plain : plain.clampMin(-1e30);
    return plain.exp().mul(finite).sum(-1).neg();
  });
  return { logprobs: at(all, targets), entropy, logits };
}

/**
 * Log-probabilities without gradient, chunk by chunk, so that the full [n, V] matrix never exists.
 * Arguments as `tokenLogprobs`; returns f32 [n].
 */
export function chunkedLogprobs(
  hidden: Tensor,
  head: Tensor,
  targets: Tensor,
  options: JudgeOptions,
): Tensor {
  const { n } = hidden.dims('n D');
  const { V } = head.dims('V D');
  const step = rowsPerChunk(V);
  // Results that were kept chunk by chunk would lie between the large blocks and keep freed ones apart.
  const out = ops.empty([n], { dtype: 'f32', device: hidden.device });
  for (let start = 0; start < n; start += step) {
    const length = Math.min(step, n - start);
    using _scope = new TensorScope('logprob chunk');
    const temperatures = options.temperatures?.narrow(0, start, length) ?? null;
    const { all } = distribution(hidden.narrow(0, start, length), head, {
      ...options,
      temperatures,
    });
    out.narrow(0, start, length).copy_(at(all, targets.narrow(0, start, length)));
  }
  return out;
}
