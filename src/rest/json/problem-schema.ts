import { Type } from 'typebox';

/** The body of every failure; see `problem.ts`. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'Quotes the offending value and says what to do.' }),
    code: Type.Enum([
      'INVALID',
      'NOT_FOUND',
      'CONFLICT',
      'UNAUTHENTICATED',
      'FORBIDDEN',
      'LIMITED',
      'UNAVAILABLE',
      'INTERNAL',
    ]),
    request_id: Type.String({ description: 'As in the log, and in the header x-request-id.' }),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), message: Type.String() }), {
        description:
          'Each fault of the input and where it is: a JSON pointer into the body, or to a parameter as a member of that name; empty for ' +
          'the whole of the request. With the code INVALID always.',
      }),
    ),
  },
  { $id: 'Problem', additionalProperties: true, description: 'Problem details (RFC 9457).' },
);

/** The schemas of the failures that a route documents, by status. */
export function problems(...statuses: readonly number[]): Record<number, object> {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: problemDescription(status),
        content: { 'application/problem+json': { schema: Type.Ref('Problem') } },
      },
    ]),
  );
}

/** What a status means, in words. */
export function problemDescription(status: number): string {
  return DESCRIPTIONS[status] ?? 'A problem.';
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; the problem says where.',
  401: 'No token, or one that is unknown, expired or revoked.',
  403: 'This caller may not do this.',
  404: 'There is no such thing, or none that this caller may name.',
  409: 'It contradicts what is there; where that is another version than expected, `current` is it, null for none, and `current_access` are rows that have changed.',
  412: 'It is at another version than the header says; `current` is it as it is, null for none, and `current_access` are rows that have changed.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'Too many requests, or too many streams; Retry-After says when to try again, where waiting helps.',
  503: 'The store is away; Retry-After says when to try again.',
};
