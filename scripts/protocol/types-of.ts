interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly summary: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: {
    readonly 200: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  };
}

const WIDTH = 118;

/** TypeScript of the schemas, an interface each, and of the routes that take and give them. */
export function typesOf(schemas: object, paths: object): string {
  const interfaces = Object.entries(schemas as Record<string, Schema>).map(([name, schema]) =>
    interfaceOf(name, schema),
  );
  const routes = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, operation]) => routeOf(`${verb.toUpperCase()} ${path}`, operation)),
  );
  return (
    `/* The JSON that /api/admin takes and gives. Types alone: import them with "import type". */\n\n${interfaces.join('\n')}\n` +
    `${comment('What each route takes and gives; of a stream, `response` is one line.', '')}export interface AdminRoutes {\n${routes.join('')}}\n\n` +
    `${comment('A failure: problem details after RFC 9457.', '')}export interface Problem {\n${PROBLEM}}\n`
  );
}

const PROBLEM = `  type: string;
  title: string;
  status: number;
  /** Quotes the offending value and says what to do. */
  detail: string;
  code: string;
  request_id: string;
  /** Each fault of the input and where it is (a JSON pointer). */
  errors?: { pointer: string; message: string }[];
  /** Where the change was made on another version than there is: what there is. */
  current?: unknown;
  /** Where it was made on other access rows than there are: those of them that have changed, as they are now. */
  current_access?: { present: AccessRow[]; absent: AccessRow[] };
`;

function interfaceOf(name: string, { description = '', properties = {}, required = [] }: Schema): string {
  const input = name.endsWith('Input') || name.endsWith('Request');
  const members = Object.entries(properties).map(([member, schema]) => {
    const optional = required.includes(member) ? '' : '?';
    // Callers clear a field by null.
    const type = `${typeOf(schema)}${input ? ' | null' : ''}`;
    return `${comment(schema.description ?? '', '  ')}  ${member}${optional}: ${type};\n`;
  });
  return `${comment(description, '')}export interface ${name} {\n${members.join('')}}\n`;
}

function typeOf({ $ref, type, enum: words, items, anyOf, properties, required = [] }: Schema): string {
  if ($ref !== undefined) return $ref.split('/').at(-1)!;
  if (words !== undefined) return words.map((word) => JSON.stringify(word)).join(' | ');
  if (anyOf !== undefined) return anyOf.map(typeOf).join(' | ');
  if (items !== undefined) return items.enum === undefined ? `${typeOf(items)}[]` : `(${typeOf(items)})[]`;
  if (properties !== undefined) {
    const members = Object.entries(properties).map(
      ([name, schema]) => `${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
    );
    return `{ ${members.join('; ')} }`;
  }
  if (type === 'object') return 'Record<string, unknown>';
  return type === 'integer' ? 'number' : (type ?? 'unknown');
}

function routeOf(route: string, { summary, parameters, requestBody, responses }: Operation): string {
  const members = (place: string, optional: string) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, schema }) => `${name}${optional}: ${typeOf(schema)}`)
      .join('; ')
      .replace(/.+/, '{ $& }') || 'Record<string, never>';
  const [body] = Object.values(requestBody?.content ?? {});
  const [response] = Object.values(responses[200].content);
  return (
    `${comment(summary, '  ')}  ${JSON.stringify(route)}: {\n` +
    `    path: ${members('path', '')};\n    query: ${members('query', '?')};\n` +
    `    body: ${body === undefined ? 'undefined' : typeOf(body.schema)};\n` +
    `    response: ${response === undefined ? 'undefined' : typeOf(response.schema)};\n  };\n`
  );
}

/** A comment in lines that are not too long; nothing for no text. */
function comment(text: string, indent: string): string {
  if (text === '') return '';
  const lines = text
    .replaceAll('*/', '* /')
    .split('\n')
    .flatMap((line) => wrapped(line, WIDTH - indent.length));
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`;
}

function wrapped(line: string, width: number): string[] {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1)!;
    if (last !== '' && last.length + word.length + 4 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
