/** Input that no model can take: an image token without an image, a prompt beyond the context. */
export class ModelInputError extends Error {
  override readonly name = 'ModelInputError';
}
