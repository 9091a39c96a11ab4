import type { UserFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { withLocalInstants } from '../../../parts/time/instant.js';
import { words } from '../../../words/people-words.js';

/** Why a flag is on or off for somebody, in a few words; what is missing in the server's own. */
export function whyText({ decision, line, rule_name, blocked_by, nearest }: UserFlag): string {
  const { why, blocks } = words.person.features;
  if (decision?.enabled !== true) {
    const [block] = blocked_by;
    if (block !== undefined) return blocks[block];
    return nearest === undefined || nearest.text === '' ? why.nothing : why.missing(withLocalInstants(nearest.text));
  }
  if (line === 'KEPT') return why.granted;
  switch (decision.reason) {
    case 'REASON_USER':
      return why.user;
    case 'REASON_ROLE':
      return why.role;
    case 'REASON_ORGANIZATION':
      return why.organization;
    case 'REASON_GLOBAL':
      return why.everyone;
    case 'REASON_UNLOCKED':
      return why.unlocked(rule_name);
    case 'REASON_ROLLOUT':
      return why.rollout(rule_name);
    default:
      return why.rule(rule_name);
  }
}
