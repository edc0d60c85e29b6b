/**
 * Digit groups that cannot be anything else lose their separators: `1{,}000`, `1,\!000`,
 * `1\,000`, `1 000`. A plain comma stays, because `1,000` may be a list; the structure layer
 * decides. Remaining thin spaces become blanks, `.5` becomes `0.5`.
 */
export function cleanNumbers(text: string): string {
  let out = /\d(?:\^?\{?\\text\{|\^\{)?(?:st|nd|rd|th)/.test(text) ? withoutOrdinals(text) : text;
  if (out.includes('{,}') || out.includes('{, }')) out = out.replace(/\{, ?\}/g, ',');
  if (out.includes('\\!')) out = out.replace(/\s?\\!\s?/g, '');
  if (out.includes('\\,') || /\d \d{3}/.test(out)) out = joinGroups(out);
  if (out.includes('\\,')) out = out.replaceAll('\\,', ' ');
  if (out.includes('.')) out = leadingZeros(pointGroups(out));
  return out;
}

/** `12\,345\,678` and `12 345 678`: one to three digits, then groups of exactly three. */
function joinGroups(text: string): string {
  return text.replace(/(?<![\d.,/_^])\d{1,3}(?:(?:\\,| )\d{3})+(?![\d/])/g, (group) =>
    group.startsWith('0') ? group : group.replace(/\\,| /g, ''),
  );
}

/** `14th`, `2^{nd}`, `21^{\text{st}}`: the number, where the ending is the one that belongs to it. */
function withoutOrdinals(text: string): string {
  return text.replace(
    /(?<![\w.,])(\d{1,9})(?:(st|nd|rd|th)(?!\w)|\^?\\text\{(st|nd|rd|th)\}|\^\{\s*(?:\\text\{)?(st|nd|rd|th)\}{1,2})/g,
    (all: string, digits: string, ...endings: readonly unknown[]) =>
      endings.slice(0, 3).includes(ordinalEnding(digits)) ? digits : all,
  );
}

function ordinalEnding(digits: string): string {
  if (/1\d$/.test(digits)) return 'th';
  return ['th', 'st', 'nd', 'rd'][Number(digits.at(-1))] ?? 'th';
}

/**
 * `1.234,56` and `1.000.000`, alone with at most a sign or a currency: points that group. One group
 * without decimals (`1.234`) and three digits behind the comma may be something else and stay.
 */
function pointGroups(text: string): string {
  const alone =
    /^(\s*-?\s*(?:\\?[$€£¥₹]\s?)?)([1-9]\d{0,2}(?:\.\d{3})+,\d{1,2}(?!\d)|[1-9]\d{0,2}(?:\.\d{3}){2,}(?![\d.]))(?!,)/.exec(
      text,
    );
  const [whole, before = '', number] = alone ?? [];
  if (whole === undefined || number === undefined || !/^\D*$/.test(text.slice(whole.length)))
    return text;
  return before + number.replaceAll('.', '').replace(',', '.') + text.slice(whole.length);
}

function leadingZeros(text: string): string {
  return text.replace(/(?<![\d.\w])\.(?=\d)/g, '0.');
}
