/** A checkpoint folder that does not hold what its model needs: expected, found, what to do. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}
