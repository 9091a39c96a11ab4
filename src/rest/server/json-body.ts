import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid } from '../../calls/errors.js';
import { isDeeperThan, type JsonValue } from '../../core/values/json.js';

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
      else done(null, value);
    });
  };
  for (const mediaType of mediaTypes) app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, parse);
}

/** What is wrong with a body that the parser refused, which says no more than that. */
function refusal(text: string): Error {
  if (text === '') return invalid('the body is empty and should be JSON');
  try {
    JSON.parse(text);
  } catch (error) {
    return invalid(`the body is not well-formed JSON: ${(error as Error).message}`);
  }
  return invalid('the body has a member named "__proto__", or "constructor" with a "prototype"; rename it');
}
