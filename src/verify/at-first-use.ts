/**
 * A table that is built when it is first asked for. Importing the door has to be quick, and most
 * programs ask for few tables. Patterns with `\p{…}` are built this way too: the engine makes the
 * set of characters behind such a literal while it reads the module, half a millisecond each.
 */
export function atFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
