import { faultOfJson, type JsonObject } from '../core/values/json.js';
import { invalid } from './errors.js';

const MAX_BYTES = 16_384;

/** Rejects with INVALID attributes, of a user or an organization, that are too large or could not be read again. */
export function checkAttributes(attributes: JsonObject): void {
  const fault = faultOfJson(attributes);
  if (fault !== undefined) throw invalid(`attributes: the JSON ${fault}`);
  const bytes = Buffer.byteLength(JSON.stringify(attributes));
  if (bytes > MAX_BYTES) {
    throw invalid(`attributes have at most ${MAX_BYTES} bytes as JSON, and these have ${bytes}`);
  }
}
