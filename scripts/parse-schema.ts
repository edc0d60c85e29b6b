/** One argument of an operator, as libtorch prints it: `Tensor(a!) self`, `int[2] stride=1`. */
export interface SchemaArgument {
  /** Without alias marks: `Tensor`, `int[2]`, `ScalarType?`. */
  readonly type: string;
  readonly name: string;
  /** Undefined when the argument is required. */
  readonly default: string | undefined;
  readonly keywordOnly: boolean;
  /** The operator writes into it. */
  readonly written: boolean;
}

export interface SchemaResult {
  readonly type: string;
  /** The result is an argument that was written to. */
  readonly written: boolean;
}

/** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor`, taken apart. */
export interface Schema {
  readonly name: string;
  readonly overload: string;
  readonly arguments: readonly SchemaArgument[];
  readonly results: readonly SchemaResult[];
}

/** Splits at commas outside brackets and quotes. */
function splitTop(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (quote !== '') {
      if (char === quote && text[index - 1] !== '\\') quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '(' || char === '[') depth++;
    else if (char === ')' || char === ']') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** Takes alias marks such as `(a!)` and `(a -> *)` off a type. */
function plainType(type: string): { type: string; written: boolean } {
  return {
    type: type.replaceAll(/\([a-z!|]+(?: -> [^)]+)?\)/g, ''),
    written: /\([a-z|]*!/.test(type),
  };
}

function parseArgument(text: string, keywordOnly: boolean): SchemaArgument {
  const match = /^(.*\S)\s+(\w+)(?:=(.*))?$/s.exec(text);
  if (match === null) throw new Error(`not an argument: ${text}`);
  const [, type = '', name = '', fallback] = match;
  return { ...plainType(type), name, default: fallback, keywordOnly };
}

function parseArguments(text: string): readonly SchemaArgument[] {
  const parts = splitTop(text);
  const star = parts.indexOf('*');
  return parts
    .filter((part) => part !== '*')
    .map((part, index) => parseArgument(part, star !== -1 && index >= star));
}

function parseResults(text: string): readonly SchemaResult[] {
  const inside = text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1) : text;
  return splitTop(inside).map((part) => {
    const named = /^(.*[\])\w?])\s+\w+$/.exec(part);
    return plainType(named?.[1] ?? part);
  });
}

/** Reads one schema line; throws when it is none. */
export function parseSchema(text: string): Schema {
  const match = /^([\w:]+)(?:\.(\w+))?\((.*)\) -> (.*)$/s.exec(text);
  if (match === null) throw new Error(`not a schema: ${text}`);
  const [, name = '', overload = '', inside = '', results = ''] = match;
  return { name, overload, arguments: parseArguments(inside), results: parseResults(results) };
}
