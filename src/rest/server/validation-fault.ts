import { invalid } from '../../calls/errors.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';
import { isSecret } from '../../core/values/secrets.js';

/** Ajv's error for a value that does not fit its schema. It has `data` and `parentSchema` with the option `verbose`. */
export interface SchemaViolation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  data?: unknown;
  readonly parentSchema?: unknown;
}

const PARTS: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the path',
  headers: 'the headers',
};

/**
 * The INVALID for a request that does not fit its schema, with the place, the offending value, and what is taken there. Where a secret
 * is taken, nothing of what was sent is quoted: whoever sends it in another form, or by another name, sends it all the same.
 */
export function schemaFault(violations: readonly SchemaViolation[], part: string): Error {
  // fastify hands the violations themselves on, too, with the error: nothing of a secret stays in them.
  for (const violation of violations) if (isAboutSecret(violation)) violation.data = undefined;
  const [first] = violations;
  const whole = PARTS[part] ?? part;
  if (first === undefined) return invalid(`${whole} is malformed`);
  const { pointer, message } = faultOf(first);
  return invalid(pointer === '' ? `${whole} ${message}` : `${whole}: ${pointer} ${message}`, [{ pointer, message }]);
}

function faultOf(violation: SchemaViolation): Fault {
  const { keyword, instancePath, params, data, message, parentSchema } = violation;
  const isHidden = isAboutSecret(violation);
  switch (keyword) {
    case 'additionalProperties': {
      if (isHidden) return { pointer: instancePath, message: `takes ${membersOf(parentSchema)}, and nothing else` };
      const name = String(params.additionalProperty);
      return { pointer: instancePath, message: `has no member ${quote(name)}; it takes ${membersOf(parentSchema)}` };
    }
    case 'required':
      return { pointer: instancePath, message: `needs a member ${quote(params.missingProperty)}` };
    case 'enum': {
      const allowed = (params.allowedValues as readonly unknown[]).map((value) => quote(value)).join(', ');
      const not = isHidden ? '' : `, not ${quote(data)}`;
      return { pointer: instancePath, message: `is one of ${allowed}${not}` };
    }
    default:
      if (data === undefined) return { pointer: instancePath, message: message ?? 'is malformed' };
      return { pointer: instancePath, message: `${message ?? 'is malformed'}, not ${quote(data)}` };
  }
}

/** Whether a secret is taken at the place of the violation, or in a member of what is taken there. */
function isAboutSecret({ instancePath, parentSchema }: SchemaViolation): boolean {
  return [...instancePath.split('/'), ...namesIn(parentSchema)].some((name) => name === TICKET || isSecret(name));
}

/** A ticket opens a stream. Its name may be that of something else elsewhere, but not in what these schemas describe. */
const TICKET = 'ticket';

function membersOf(schema: unknown): string {
  return namesIn(schema).join(', ');
}

function namesIn(schema: unknown): readonly string[] {
  const { properties } = Object(schema) as { readonly properties?: Readonly<Record<string, unknown>> };
  return Object.keys(properties ?? {});
}
