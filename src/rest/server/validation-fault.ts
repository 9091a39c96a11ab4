import { invalid } from '../../calls/errors.js';
import type { Fault } from '../../core/values/fault.js';
import { quote } from '../../core/values/json.js';

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

/** A ticket opens a stream: it is quoted in no answer and no log, however it was sent. */
const TICKET = '/ticket';

/** The INVALID for a request that does not fit its schema, with the place, the offending value, and what is taken there. */
export function schemaFault(violations: readonly SchemaViolation[], part: string): Error {
  for (const violation of violations) if (violation.instancePath.startsWith(TICKET)) violation.data = undefined;
  const [first] = violations;
  const whole = PARTS[part] ?? part;
  if (first === undefined) return invalid(`${whole} is malformed`);
  const { pointer, message } = faultOf(first);
  return invalid(pointer === '' ? `${whole} ${message}` : `${whole}: ${pointer} ${message}`, [{ pointer, message }]);
}

function faultOf({ keyword, instancePath, params, data, message, parentSchema }: SchemaViolation): Fault {
  switch (keyword) {
    case 'additionalProperties': {
      const name = String(params.additionalProperty);
      return { pointer: instancePath, message: `has no member ${quote(name)}; it takes ${membersOf(parentSchema)}` };
    }
    case 'required':
      return { pointer: instancePath, message: `needs a member ${quote(params.missingProperty)}` };
    case 'enum': {
      const allowed = (params.allowedValues as readonly unknown[]).map((value) => quote(value)).join(', ');
      return { pointer: instancePath, message: `is one of ${allowed}, not ${quote(data)}` };
    }
    default:
      if (data === undefined) return { pointer: instancePath, message: message ?? 'is malformed' };
      return { pointer: instancePath, message: `${message ?? 'is malformed'}, not ${quote(data)}` };
  }
}

function membersOf(schema: unknown): string {
  const { properties } = schema as { readonly properties?: Readonly<Record<string, unknown>> };
  return Object.keys(properties ?? {}).join(', ');
}
