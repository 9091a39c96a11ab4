import type { Caller, Overrides } from '../calls/caller.js';
import { forbidden, invalid } from '../calls/errors.js';
import { quote } from '../core/values/json.js';

/** The header, or metadata, by which a call decides flags by itself. */
export const OVERRIDES_HEADER = 'latchkey-overrides';

const MOST = 100;

/** Lets calls decide flags by themselves, where the deployment takes that, and the caller may. */
export class CallOverrides {
  readonly #taken: boolean;

  /** @param taken whether this deployment takes overrides; see `TEST_OVERRIDES` */
  constructor(taken: boolean) {
    this.#taken = taken;
  }

  /**
   * The caller with the overrides that its call carries as text, `FLAG=VARIANT` with commas between, both percent-encoded where they
   * have other characters than a header may; as it is where it carries none. Throws FORBIDDEN where they are not taken, or not of this
   * caller, and INVALID for a text of another form: a test must not pass because its overrides were passed over.
   */
  carriedBy<T extends Caller>(caller: T, text: unknown): T {
    if (text === undefined || text === '') return caller;
    if (!this.#taken) {
      throw forbidden(
        `this deployment takes no ${OVERRIDES_HEADER}; where it serves tests, start it with TEST_OVERRIDES=on`,
      );
    }
    if (caller.kind !== 'machine' || caller.sessionId !== undefined || !caller.scopes.has('test')) {
      throw forbidden(`${OVERRIDES_HEADER} is for machine tokens with the scope test, which no other scope includes`);
    }
    return { ...caller, overrides: readOverrides(String(text)) };
  }
}

function readOverrides(text: string): Overrides {
  const overrides = new Map<string, string>();
  for (const part of text.split(',')) {
    const [, key, variant] = /^\s*([^=\s]+)\s*=\s*([^=\s]+)\s*$/.exec(part) ?? [];
    if (key === undefined || variant === undefined) {
      throw invalid(`${OVERRIDES_HEADER} has ${quote(part.trim())}, which is no FLAG=VARIANT like new_editor=on`);
    }
    const flagKey = decoded(key);
    if (overrides.has(flagKey)) throw invalid(`${OVERRIDES_HEADER} names ${quote(flagKey)} twice; name it once`);
    overrides.set(flagKey, decoded(variant));
  }
  if (overrides.size > MOST) throw invalid(`${OVERRIDES_HEADER} names ${overrides.size} flags; ${MOST} at most`);
  return overrides;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`${OVERRIDES_HEADER}: ${quote(text)} is not well-formed; percent-encode it as UTF-8`);
  }
}
