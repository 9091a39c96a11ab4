import { Type } from 'typebox';
import type { Usage } from '../../core/conditions/compiling/usage.js';
import { rfc3339 } from './flag-json.js';

/** What is left of a count that conditions bound from above. */
export const UsageSchema = Type.Object(
  {
    remaining: Type.Number({ description: 'How much the count may still grow; 0 once it is used up.' }),
    limit: Type.Number({ description: 'The count at which it is used up.' }),
    resets_at: Type.Optional(
      Type.String({ description: 'RFC 3339. When time alone next leaves more of it; absent: it does not.' }),
    ),
  },
  { description: 'What is left, where the number of something is bounded from above.' },
);

export function usageJson({ remaining, limit, resetsAt }: Usage) {
  return { remaining, limit, ...(resetsAt === undefined ? {} : { resets_at: rfc3339(resetsAt) }) };
}
