/**
 * The printable stand-in of every byte in byte-level tokenizers (GPT-2's table): bytes that print
 * stand for themselves, the others for the characters from U+0100 on.
 */
export const byteLetters: readonly string[] = makeLetters();

function makeLetters(): readonly string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const prints = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCodePoint(prints ? byte : next++);
  });
}

/** A text in stand-ins, one per byte of its UTF-8 form. */
export function toLetters(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => byteLetters[byte] ?? '').join('');
}
