import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  BatchEvaluateRequest,
  BatchEvaluateResponse,
  type EvaluateResponse,
} from '../../../../test/gen/latchkey/v1/evaluation.js';
import type { Machine } from '../../../calls/caller.js';
import { instant } from '../../../core/conditions/testing/arbitrary-conditions.js';
import { decide } from '../../../core/deciding/evaluate.js';
import { subjectOf } from '../../../core/deciding/subject.js';
import { HeldUser } from '../../../core/states/held-user.js';
import { type OrganizationState, unknownOrganization } from '../../../core/states/organization-state.js';
import { unknownEarner } from '../../../core/states/user-state.js';
import { arbitraryWorld, instantsToTry, KEYS, type World } from '../../../core/testing/arbitrary-world.js';
import { EvaluationService } from '../../../services/evaluating/evaluation.js';
import { TargetViews } from '../../../services/evaluating/target-views.js';
import { decisionMessage } from '../../messages/decision-message.js';
import type { CallContext, EncodedMessage } from '../method.js';
import { batchEvaluateMethod } from './batch-evaluate.js';

const caller: Machine = { kind: 'machine', tokenId: 't', scopes: new Set(['evaluate']), organizationId: '' };
const call: CallContext<Machine> = { caller, requestId: 'r', signal: new AbortController().signal };

/** `BatchEvaluate` of a world that can be replaced, at a time that can be set. */
function standOf(first: World) {
  const stand = { world: first, user: HeldUser.of(first.user), now: 0, stale: false, keptAnswers: 0 };
  const { organizationId } = first.user;
  const nothing = { ...unknownOrganization(organizationId), earner: unknownEarner(organizationId) };
  const organization = (): OrganizationState | undefined =>
    stand.user.organizationId === '' ? undefined : (stand.world.organization ?? nothing);
  const held = <T>(state: T) => ({ state, stale: stand.stale });
  const keeper = {
    get snapshot() {
      return stand.world.snapshot;
    },
    ...{ loaded: true, behind: false, confirmedAgeMs: () => 0 },
  };
  const states = {
    users: { peek: () => held(stand.user) },
    organizations: { peek: () => held(organization()) },
  };
  const clock = { now: () => stand.now };
  const options = { keeper, states, clock } as never;
  const service = new EvaluationService({ ...(options as object), views: new TargetViews(options) } as never);
  const told = new WeakSet<object>();
  const counted: Pick<EvaluationService, 'batch'> = {
    batch(asking, input, form) {
      const decided = service.batch(asking, input, form);
      if (told.has(decided)) stand.keptAnswers++;
      told.add(decided);
      return decided;
    },
  };
  const method = batchEvaluateMethod(counted);
  const ask = (flagKeys: readonly string[]): readonly EvaluateResponse[] => {
    const request = BatchEvaluateRequest.fromPartial({
      contexts: [{ userId: first.user.id }],
      flagKeys: [...flagKeys],
    });
    const { bytes } = method.handle(request, call) as EncodedMessage;
    const { results } = BatchEvaluateResponse.decode(bytes);
    expect(bytes.equals(BatchEvaluateResponse.encode({ results }).finish())).toBe(true);
    expect(results.map(({ userId }) => userId)).toEqual([first.user.id]);
    return results[0]!.decisions;
  };
  /** What is decided anew. */
  const fresh = (flagKeys: readonly string[]): readonly EvaluateResponse[] => {
    const { world, now, stale } = stand;
    const subject = subjectOf(world.snapshot, stand.user, organization(), {});
    return flagKeys.map((key) => decisionMessage({ decision: decide(world.snapshot, key, subject, now), stale }));
  };
  /** Asks often enough for what is kept to be given. An earlier bound of time that still holds may be told. */
  const check = (flagKeys: readonly string[]): void => {
    const anew = untimed(fresh(flagKeys));
    for (let time = 0; time < 3; time++) {
      const told = ask(flagKeys);
      expect(untimed(told)).toBe(anew);
      expect(told.every(({ validUntil = Infinity }) => Number(validUntil) > stand.now)).toBe(true);
    }
  };
  return { stand, check, organization };
}

const untimed = (decisions: readonly EvaluateResponse[]): string =>
  JSON.stringify(decisions.map((decision) => ({ ...decision, validUntil: undefined })));

describe('a batch that is asked for again', () => {
  it('is answered by what would be decided then, whatever has changed meanwhile', () => {
    let kept = 0;
    fc.assert(
      fc.property(arbitraryWorld, arbitraryWorld, instant, (world, other, begin) => {
        const { stand, check, organization } = standOf(world);
        const { values } = subjectOf(world.snapshot, stand.user, organization(), {});
        const instants = instantsToTry(world, values, begin, Number.POSITIVE_INFINITY);
        // The clock is set back at the end.
        for (const at of [begin, ...instants.toSorted((a, b) => a - b), begin]) {
          stand.now = at;
          check(KEYS);
        }
        const checkLists = (): void => {
          for (const list of [KEYS, [...KEYS].reverse(), [...KEYS, 'unknown', KEYS[0]], KEYS]) check(list);
        };
        checkLists();
        stand.stale = true;
        checkLists();
        stand.stale = false;
        stand.user = HeldUser.of({ ...world.user, organizationId: '' });
        checkLists();
        stand.world = { ...world, snapshot: other.snapshot };
        checkLists();
        kept += stand.keptAnswers;
      }),
      { numRuns: 40 },
    );
    expect(kept).toBeGreaterThan(50);
  });

  it('is decided again where the keys that it names are very long, which nobody else may name', () => {
    const [world] = fc.sample(arbitraryWorld, { numRuns: 1, seed: 1 });
    const { stand, check } = standOf(world!);
    check(['x'.repeat(2 ** 19)]);
    expect(stand.keptAnswers).toBe(0);
    check(['x']);
    expect(stand.keptAnswers).toBe(2);
  });
});
