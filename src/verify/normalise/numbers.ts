/**
 * Digit groups that cannot be anything else lose their separators: `1{,}000`, `1,\!000`,
 * `1\,000`, `1 000`. A plain comma stays, because `1,000` may be a list; the structure layer
 * decides. Remaining thin spaces become blanks, `.5` becomes `0.5`.
 */
export function cleanNumbers(text: string): string {
  let out = text;
  if (out.includes('{,}') || out.includes('{, }')) out = out.replace(/\{, ?\}/g, ',');
  if (out.includes('\\!')) out = out.replace(/\s?\\!\s?/g, '');
  if (out.includes('\\,') || /\d \d{3}/.test(out)) out = joinGroups(out);
  if (out.includes('\\,')) out = out.replaceAll('\\,', ' ');
  if (out.includes('.')) out = leadingZeros(out);
  return out;
}

/** `12\,345\,678` and `12 345 678`: one to three digits, then groups of exactly three. */
function joinGroups(text: string): string {
  return text.replace(/(?<![\d.,/_^])\d{1,3}(?:(?:\\,| )\d{3})+(?![\d/])/g, (group) =>
    group.startsWith('0') ? group : group.replace(/\\,| /g, ''),
  );
}

function leadingZeros(text: string): string {
  return text.replace(/(?<![\d.\w])\.(?=\d)/g, '0.');
}
