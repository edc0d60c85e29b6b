/** The response with the content of its last whole `\boxed{…}` as a closing line `Answer: …`. */
export function boxAsAnswer(response: string): string {
  for (
    let at = response.lastIndexOf('\\boxed{');
    at >= 0;
    at = response.lastIndexOf('\\boxed{', at - 1)
  ) {
    const from = at + '\\boxed{'.length;
    let depth = 1;
    for (let end = from; end < response.length; end += 1) {
      if (response[end] === '\\') end += 1;
      else if (response[end] === '{') depth += 1;
      else if (response[end] === '}') depth -= 1;
      if (depth === 0) return `${response}\nAnswer: ${response.slice(from, end).trim()}`;
    }
    if (at === 0) break;
  }
  return response;
}
