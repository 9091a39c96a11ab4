import { invalid } from '../calls/errors.js';
import { quote } from '../core/values/json.js';

/** The header, or metadata, by which flagd's clients choose a set of flags. */
export const SELECTOR_HEADER = 'flagd-selector';

/** What a `flagd-selector` says. */
export interface FlagdSelector {
  /** The tag that flags must have; undefined: all flags. */
  readonly tag: string | undefined;
  /** A bearer token, for clients that can send no other header. It is a secret, and so is the header that has it. */
  readonly token: string | undefined;
  /** What the call decides by itself, as `FLAG=VARIANT` with commas between; undefined: nothing. */
  readonly overrides: string | undefined;
}

const NOTHING: FlagdSelector = { tag: undefined, token: undefined, overrides: undefined };
const OVERRIDE = 'override.';

/**
 * Reads a `flagd-selector`: parts with commas between, `flagSetId=TAG` or a plain `TAG`, `token=TOKEN`, and `override.FLAG=VARIANT` as
 * often as need be. Throws INVALID for any other part; a message names no more of it than a short word before `=`, as the rest may be a
 * secret that was misspelt.
 */
export function readSelector(text: string | undefined): FlagdSelector {
  if (text === undefined || text.trim() === '') return NOTHING;
  let { tag, token } = NOTHING;
  const overrides: string[] = [];
  for (const part of text.split(',')) {
    const [, name = '', value = ''] = /^\s*(?:([^=]*)=)?(.*?)\s*$/s.exec(part)!;
    if (name === 'token') token = value || undefined;
    else if (name === '' || name === 'flagSetId') tag = value || tag;
    else if (name.startsWith(OVERRIDE)) overrides.push(`${name.slice(OVERRIDE.length)}=${value}`);
    else
      throw invalid(
        `${SELECTOR_HEADER} takes flagSetId=TAG, token=TOKEN and override.FLAG=VARIANT, and not ${shown(name)}`,
      );
  }
  return { tag, token, overrides: overrides.join(',') || undefined };
}

function shown(name: string): string {
  return /^[a-z]{1,20}$/i.test(name) ? quote(name) : 'what it has';
}
