import { faultOfJson, type JsonObject } from '../core/values/json.js';
import { invalid } from './errors.js';

const MAX_ATTRIBUTES_BYTES = 16_384;
const MAX_COMMENT = 1_000;

/** Rejects with INVALID attributes, of a user or an organization, that are too large or could not be read again. */
export function checkAttributes(attributes: JsonObject): void {
  const fault = faultOfJson(attributes);
  if (fault !== undefined) throw invalid(`attributes: the JSON ${fault}`);
  const bytes = Buffer.byteLength(JSON.stringify(attributes));
  if (bytes > MAX_ATTRIBUTES_BYTES) {
    throw invalid(`attributes have at most ${MAX_ATTRIBUTES_BYTES} bytes as JSON, and these have ${bytes}`);
  }
}

/** Rejects with INVALID a comment that is too long for the audit, or no text. */
export function checkComment(comment: string): void {
  if (comment.length > MAX_COMMENT) {
    throw invalid(`a comment has at most ${MAX_COMMENT} characters, and this one has ${comment.length}`);
  }
  if (!comment.isWellFormed()) throw invalid('a comment must be well-formed Unicode');
}

/** Where a change has to say why: INVALID a comment that is missing, or unfit. `field` is how the caller knows it. */
export function requireComment(comment: string, field: 'comment' | 'reason'): void {
  if (comment.trim() === '') {
    const message = `${field} is missing; say why, for the audit`;
    throw invalid(message, [{ pointer: `/${field}`, message }]);
  }
  checkComment(comment);
}
