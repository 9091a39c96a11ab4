import type { Caller } from '../../../calls/caller.js';
import { requireName } from '../../../calls/check-input.js';
import { invalidAt, notFound } from '../../../calls/errors.js';
import { namesIn } from '../../../core/sentences/uses.js';
import { quote } from '../../../core/values/json.js';
import type { FlagService } from '../../../services/flags/flags.js';
import type { ServiceSet } from '../../../services/service-set.js';
import type {
  FeatureFlag,
  SetFlagRequest,
  SetFlagRequest_OnRuleChange,
  SetFlagResponse,
} from '../../gen/latchkey/v1/flag.js';
import { accessInput, accessMessage } from '../../messages/access-row.js';
import { flagMessage } from '../../messages/configuration-messages.js';
import { enumWord, updateMask } from '../../messages/fields.js';
import { FLAG_PATHS, flagInput } from '../../messages/flag-input.js';
import type { UnaryMethod } from '../method.js';

const ON_RULE_CHANGES = ['KEEP', 'KEEP', 'RELOCK'] as const;

/** What to do with unlocks of changed rules, from a request's `on_rule_change`. */
export function ruleChange(value: SetFlagRequest_OnRuleChange): 'KEEP' | 'RELOCK' {
  return enumWord(ON_RULE_CHANGES, value, '/on_rule_change');
}

/** `SetFlag`. */
export function setFlagMethod(
  flags: Pick<FlagService, 'set'>,
  keeper: ServiceSet['keeper'],
): UnaryMethod<Caller, SetFlagRequest, SetFlagResponse> {
  return {
    async handle(request, call) {
      if (request.flag === undefined) throw invalidAt('/flag', 'flag is missing; give at least flag.key');
      const written = await flags.set(call, {
        ...flagExpected(request.flag, request.expectedVersion),
        input: flagInput(request.flag, updateMask(request.updateMask, FLAG_PATHS)),
        onRuleChange: ruleChange(request.onRuleChange),
        startAnew: request.startAnew,
        comment: request.comment,
        access: request.access.map(accessInput),
        removeAccess: request.removeAccess.map(accessInput),
        expectedAccess: {
          there: request.expectedAccess.map(accessInput),
          absent: request.expectedAbsent.map(accessInput),
        },
      });
      const { snapshot } = keeper;
      return {
        flag: flagMessage(written.flag, namesIn(snapshot), snapshot.flags.get(written.flag.key)),
        access: written.access.map(accessMessage),
        consistencyToken: written.consistencyToken,
        warnings: [...written.warnings],
        backfillId: written.backfillId ?? '',
        newlyUnlocked: [...written.newlyUnlocked],
        newlyLocked: [...written.newlyLocked],
      };
    },
  };
}

/** Which flag, and at which version. With one, an id beside the key is part of what the caller takes the flag to be. */
function flagExpected(flag: FeatureFlag, expectedVersion: number | undefined) {
  const { id, key } = flag;
  const named = expectedVersion === undefined || key === '' ? flagNamed(flag) : flagNamed({ ...flag, id: '' });
  return { ...named, expectedVersion, expectedId: key === '' ? '' : id };
}

/** Which flag: the one of this id, or else the one of this key, there already or not. */
export function flagNamed({ id, key }: FeatureFlag) {
  if (id === '') {
    requireName('flagKey', key, '/key');
    return { keyOrId: key, mustExist: false };
  }
  if (!id.startsWith('flg_')) throw notFound(`no flag has the id ${quote(id)}; name it by flag.key instead`);
  return { keyOrId: id, mustExist: true, key: key === '' ? undefined : key };
}
