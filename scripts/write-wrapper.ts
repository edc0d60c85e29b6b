import type { Schema, SchemaArgument } from './parse-schema.ts';
import { composed, floatFactories } from './operators.ts';

/** The code of one wrapper: a function, the method that calls it, the operator ids it needs. */
export interface Wrapper {
  readonly code: string;
  readonly method: string | undefined;
  readonly ids: readonly string[];
}

/** What an argument is in JavaScript; two overloads are told apart by the first that differs. */
type Category = 'tensor' | 'number' | 'list' | 'string' | 'boolean' | 'absent';

/** Arguments that no caller needs: libtorch's defaults stay. */
const hidden = new Set(['Layout?', 'MemoryFormat?', 'MemoryFormat', 'Generator?', 'Layout']);

interface Parameter {
  readonly name: string;
  readonly types: ReadonlySet<string>;
  readonly optional: boolean;
}

function camel(name: string): string {
  const reserved = name === 'from' || name === 'to' ? `${name}_` : name;
  return reserved
    .replaceAll(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/_$/, '');
}

function isOption(argument: SchemaArgument): boolean {
  return argument.keywordOnly || argument.name === 'alpha';
}

function positionals(schema: Schema): readonly SchemaArgument[] {
  return schema.arguments.filter((argument) => !isOption(argument) && !hidden.has(argument.type));
}

function optionsOf(schema: Schema): readonly SchemaArgument[] {
  return schema.arguments.filter((argument) => isOption(argument) && !hidden.has(argument.type));
}

/** The TypeScript type of a schema type. */
function typeOf(type: string): string {
  const base = type.replace(/\?$/, '');
  const list = /^(.*)\[(\d*)\]$/.exec(base);
  if (list !== null) {
    const item = typeOf(list[1] ?? '');
    const array = `readonly ${item.includes('|') ? `(${item})` : item}[]`;
    return list[2] === '' ? array : `${item} | ${array}`;
  }
  const plain: Record<string, string> = {
    Tensor: 'Tensor',
    int: 'number',
    SymInt: 'number',
    float: 'number',
    bool: 'boolean',
    Scalar: 'number',
    str: 'string',
    Device: 'string',
    ScalarType: 'DType',
  };
  const found = plain[base];
  if (found === undefined) throw new Error(`no TypeScript type for ${type}`);
  return type.endsWith('?') ? `${found} | null` : found;
}

function categoryOf(argument: SchemaArgument | undefined): Category {
  if (argument === undefined) return 'absent';
  if (argument.type.includes('[')) return 'list';
  const type = typeOf(argument.type).replace(' | null', '');
  if (type === 'Tensor') return 'tensor';
  if (type === 'boolean') return 'boolean';
  return type === 'number' ? 'number' : 'string';
}

/** How an argument crosses: tensors as handles, element types as numbers. */
function crossing(name: string, type: string, nullable: boolean, mixed: boolean): string {
  const mark = nullable ? '?' : '';
  if (type === 'Tensor' && mixed) return `(${name} as Tensor).handle`;
  if (type === 'Tensor' || type === 'Tensor?') {
    return nullable || type.endsWith('?') ? `${name}?.handle` : `${name}.handle`;
  }
  if (type.startsWith('Tensor?[')) return `${name}${mark}.map(handleOf)`;
  if (type.startsWith('Tensor[')) return `${name}${mark}.map((tensor) => tensor.handle)`;
  return type.startsWith('ScalarType') ? `dtypeCode(${name})` : name;
}

function condition(name: string, category: Category): string {
  switch (category) {
    case 'tensor':
      return `${name} instanceof Tensor`;
    case 'list':
      return `Array.isArray(${name})`;
    case 'absent':
      return `${name} === undefined`;
    case 'number':
    case 'string':
    case 'boolean':
      return `typeof ${name} === '${category}'`;
  }
}

/** The test that tells `schema` from every later overload. */
function discriminator(schema: Schema, later: readonly Schema[], names: readonly string[]): string {
  const tests = new Set<string>();
  for (const other of later) {
    const position = names.findIndex(
      (_, index) =>
        categoryOf(positionals(schema)[index]) !== categoryOf(positionals(other)[index]),
    );
    const name = names[position];
    if (name === undefined) throw new Error(`overloads of ${schema.name} look alike`);
    tests.add(condition(name, categoryOf(positionals(schema)[position])));
  }
  return [...tests].join(' && ');
}

function merge(
  lists: readonly (readonly SchemaArgument[])[],
  names: readonly string[],
): readonly Parameter[] {
  return names.map((name, index) => {
    const found = lists.map((list) => list[index]);
    const types = new Set(found.flatMap((argument) => (argument ? [argument.type] : [])));
    const optional = found.some(
      (argument) => argument === undefined || argument.default !== undefined,
    );
    return { name, types, optional };
  });
}

function mergeOptions(schemas: readonly Schema[]): readonly Parameter[] {
  const all = new Map<string, SchemaArgument[]>();
  for (const argument of schemas.flatMap(optionsOf)) {
    all.set(argument.name, [...(all.get(argument.name) ?? []), argument]);
  }
  return [...all].map(([name, found]) => ({
    name: camel(name),
    types: new Set(found.map(({ type }) => type)),
    optional: found.some((argument) => argument.default !== undefined),
  }));
}

/** Null stands only where the schema has an optional type; elsewhere the bridge would refuse it. */
function declaration({ name, types, optional }: Parameter): string {
  const union = new Set([...types].flatMap((type) => typeOf(type).split(' | ')));
  return `${name}${optional ? '?' : ''}: ${[...union].join(' | ')}`;
}

function resultOf(schema: Schema): {
  type: string;
  wrap: (call: string) => string;
  inPlace: boolean;
} {
  const [first, ...others] = schema.results;
  if (first === undefined) return { type: 'void', wrap: (call) => `${call};`, inPlace: false };
  if (first.written && others.length === 0) {
    return { type: 'Tensor', wrap: (call) => `${call};\n  return self;`, inPlace: true };
  }
  if (others.length > 0) {
    const types = schema.results.map(() => 'Tensor').join(', ');
    return {
      type: `[${types}]`,
      wrap: (call) => `return wrapAll(${call}) as [${types}];`,
      inPlace: false,
    };
  }
  if (first.type === 'Tensor')
    return { type: 'Tensor', wrap: (call) => `return wrap(${call});`, inPlace: false };
  if (first.type === 'Tensor[]')
    return { type: 'Tensor[]', wrap: (call) => `return wrapAll(${call});`, inPlace: false };
  const type = typeOf(first.type);
  return { type, wrap: (call) => `return ${call} as ${type};`, inPlace: false };
}

interface Call {
  readonly id: string;
  /** Makes sure that the operator's number is known; empty where the call itself does. */
  readonly before: string;
  readonly text: string;
}

/** Whether an overload has a composed fall-back. */
function isComposed({ name, overload }: Schema): boolean {
  return composed.has(`${name.slice(6)}${overload === '' ? '' : `.${overload}`}`);
}

/** The call of one overload, arguments in the schema's order. */
function callOf(schema: Schema, parameters: readonly Parameter[]): Call {
  const plain = schema.name.replace(/^\w+::/, '');
  const id = `id_${plain}_${schema.overload}`.replaceAll(/\W/g, '_').replace(/_$/, '');
  const own = positionals(schema);
  const values = schema.arguments.map((argument) => {
    if (hidden.has(argument.type)) return 'undefined';
    const optional = argument.default !== undefined;
    if (!isOption(argument)) {
      const { name, types } = parameters[own.indexOf(argument)] ?? { name: '', types: new Set() };
      return crossing(name, argument.type, optional, types.size > 1);
    }
    const option = `options${optional ? '?' : ''}.${camel(argument.name)}`;
    const fallback = argument.name === 'dtype' && floatFactories.has(plain) ? ` ?? 'f32'` : '';
    return crossing(`${option}${fallback}`, argument.type, optional, false);
  });
  while (values.at(-1) === 'undefined') values.pop();
  const key = `'${schema.name}', '${schema.overload}'`;
  if (!isComposed(schema)) {
    const resolved = `(${id} ??= resolve(${key}))`;
    return { id, before: '', text: `call(${[resolved, ...values].join(', ')})` };
  }
  return { id, before: `${id} ??= find(${key});`, text: `call(${[id, ...values].join(', ')})` };
}

function summary(schemas: readonly Schema[]): string {
  const lines = schemas.map(
    ({ name, overload }) => `\`${name}${overload === '' ? '' : `.${overload}`}\``,
  );
  return `/** ${lines.join(', ')} */`;
}

/** Writes the wrapper of some overloads of one operator, in the order in which they are tried. */
export function wrapper(name: string, schemas: readonly Schema[]): Wrapper {
  const [first] = schemas;
  if (first === undefined) throw new Error(`${name} has no overloads`);
  const longest =
    [...schemas].sort((a, b) => positionals(b).length - positionals(a).length)[0] ?? first;
  const names = positionals(longest)
    .map((argument) => camel(argument.name))
    .map((own) => (own === name ? `${own}s` : own));
  const parameters = merge(schemas.map(positionals), names);
  const options = mergeOptions(schemas);
  const result = resultOf(first);
  const members = options.map((option) =>
    option.optional ? `${declaration(option)} | undefined` : declaration(option),
  );
  const optionsType = `{ ${members.join('; ')} }`;
  const needed = options.some((option) => !option.optional);
  const declarations = parameters.map(declaration);
  if (options.length > 0) declarations.push(`options${needed ? '' : '?'}: ${optionsType}`);
  const ids: string[] = [];
  const branches = schemas.map((schema, index) => {
    const { id, before, text } = callOf(schema, parameters);
    ids.push(id);
    const passed = declarations.map((declared) => declared.slice(0, declared.search(/\??:/)));
    const given = passed.map((own) =>
      schemas.length > 1 && own === names[1] ? `${own} as Tensor` : own,
    );
    const last = index === schemas.length - 1;
    const line = last ? '\n  ' : '\n    ';
    const otherwise = `if (${id} < 0) return composed.${name}(${given.join(', ')});`;
    const fallBack = before === '' ? '' : `${before}${line}${otherwise}${line}`;
    const body = fallBack + resultOf(schema).wrap(text);
    if (last) return `  ${body}`;
    const test = discriminator(schema, schemas.slice(index + 1), names);
    const done = result.type === 'void' ? `${body}\n    return;` : body;
    return `  if (${test}) {\n    ${done}\n  }`;
  });
  const code = `${summary(schemas)}
export function ${name}(${declarations.join(', ')}): ${result.type} {
${branches.join('\n')}
}
`;
  return { code, method: methodOf(name, declarations, result.type, names), ids };
}

function methodOf(
  name: string,
  declarations: readonly string[],
  result: string,
  names: readonly string[],
): string | undefined {
  const [self] = declarations;
  if (
    self === undefined ||
    !/: Tensor( \| null)?$/.test(self) ||
    !(names[0] === 'self' || names[0] === 'input')
  )
    return undefined;
  const passed = declarations
    .slice(1)
    .map((declared) => declared.slice(0, declared.search(/\??:/)));
  return `  ${name}(${declarations.slice(1).join(', ')}): ${result} {\n    return ${name}(${['this', ...passed].join(', ')});\n  }`;
}
