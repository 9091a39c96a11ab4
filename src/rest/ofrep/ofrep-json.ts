import { asLatchkeyError } from '../../calls/errors.js';
import type { Resolution, ResolutionFault } from '../../openfeature/resolution.js';
import { HttpError, problemOf } from '../server/problem.js';

/**
 * A flag's answer as OFREP has it. It has a variant always, without which some clients take it for malformed.
 * @param needsValue whether `null` is told where there is no value
 */
export function resolutionJson(resolution: Resolution, needsValue = false): object {
  const { key, reason, offVariant, variant = offVariant, metadata } = resolution;
  const { value = needsValue ? null : undefined } = resolution;
  return {
    key,
    reason,
    ...(variant === undefined ? {} : { variant }),
    ...(value === undefined ? {} : { value }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

export interface OfrepFailure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly key?: string; readonly errorCode: string; readonly errorDetails: string };
}

/** A flag's fault as an answer of its own. */
export function faultAnswer(fault: ResolutionFault): OfrepFailure {
  return { status: 404, headers: {}, body: fault };
}

/** What of a request is at fault, where OFREP has a code for it. */
type FaultyPart = 'body' | 'context' | undefined;

const CODES = { body: 'PARSE_ERROR', context: 'INVALID_CONTEXT' } as const;

/**
 * What of a request is at fault, by the error of a route.
 * @param isParsed whether the body could be read
 */
export function faultyPart(error: unknown, isParsed: boolean): FaultyPart {
  const { code, faults } = error instanceof HttpError ? { code: error.code, faults: [] } : asLatchkeyError(error);
  if (!isParsed) return code === 'INVALID' ? 'body' : undefined;
  const { validationContext: validated } = error as { readonly validationContext?: string };
  if (validated === 'body') return faults[0]?.pointer.startsWith('/context') ? 'context' : 'body';
  if (validated !== undefined || error instanceof HttpError) return undefined;
  // Whom the context names who is not there for the caller is a fault of the context: 404 would say that the flag is not there. A fault of
  // the context has its place, which one of the call's overrides has not.
  return code === 'NOT_FOUND' || (code === 'INVALID' && faults.length > 0) ? 'context' : undefined;
}

/** A failed request as OFREP tells it, with what REST says of the error otherwise; `key` is the flag, on the route of a single one. */
export function failureOf(
  error: unknown,
  {
    requestId,
    key,
    part,
  }: { readonly requestId: string; readonly key?: string | undefined; readonly part: FaultyPart },
): OfrepFailure {
  const { status, headers, body } = problemOf(error, requestId);
  return {
    status: part === 'context' ? 400 : status,
    headers,
    body: {
      ...(key === undefined ? {} : { key }),
      errorCode: part === undefined ? 'GENERAL' : CODES[part],
      errorDetails: body.detail,
    },
  };
}
