import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../calls/errors.js';
import { isDeeperThan, type JsonValue } from '../../core/values/json.js';
import { placeOfJsonFault } from '../../core/values/json-fault.js';

/** How deep a body may be nested: deeper than anything that is stored, and not so deep that code runs out of stack. */
const MAX_DEPTH = 100;

/**
 * Has the application take bodies of these media types, as JSON, and no others. A body must be well-formed UTF-8, and not have
 * the members `__proto__` and `constructor.prototype`, which can change the prototype of a copy.
 */
export function takeJson(app: FastifyInstance, mediaTypes: readonly string[]): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const parse = (request: FastifyRequest, body: Buffer, done: (error: Error | null, value?: unknown) => void): void => {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    } catch {
      done(invalid('the body is not well-formed UTF-8'));
      return;
    }
    void parseJson(request, text, (error, value) => {
      if (error !== null) done(refusal(text));
      else if (isDeeperThan(value as JsonValue, MAX_DEPTH))
        done(invalid(`the body is nested deeper than ${MAX_DEPTH}`));
      else done(null, LONG_DIGITS.test(text) ? withoutLongIntegers(text) : value);
    });
  };
  for (const mediaType of mediaTypes) app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, parse);
}

/** So many digits make an integer, if they are a number's, that is no longer found out by its value. */
const LONG_DIGITS = /\d{22}/;

/**
 * The body, with each integer that is spelt in so many digits read as infinite: it is refused where infinite numbers are, by its
 * place. As a number it would be another one's equal, and could not be told from a magnitude like 1e21.
 */
function withoutLongIntegers(text: string): unknown {
  return parseWithSource(text, (_key, value, { source = '' }) =>
    typeof value === 'number' && INTEGER.test(source) && LONG_DIGITS.test(source) ? value * Infinity : value,
  );
}

const INTEGER = /^-?\d+$/;

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
/** `JSON.parse` with what the engine tells a reviver of each literal, which the types do not know yet. */
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** What is wrong with a body that the parser refused, and where. Nothing of it is quoted: a token may have been sent in place of JSON. */
function refusal(text: string): Error {
  if (text === '') return invalid('the body is empty and should be JSON');
  try {
    JSON.parse(text);
  } catch {
    const at = placeOfJsonFault(text);
    const where = at === text.length ? 'it ends too early' : `it stops being any at character ${at + 1}`;
    return invalid(`the body is not well-formed JSON: ${where}`);
  }
  return invalid('the body has a member named "__proto__", or "constructor" with a "prototype"; rename it');
}
