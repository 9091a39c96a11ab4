import type { Action as DeclaredAction, PropertyRead as PropertyReadInput } from '../../core/flags/flag.js';
import { describeConditions } from '../../core/sentences/conditions-words.js';
import type { ActionDraft } from '../../services/events/draft-actions.js';
import type { Action, Derivation, PropertyRead } from '../gen/latchkey/v1/onboarding.js';
import { instant, jsonObject } from './fields.js';

/** An action as a request declares it. */
export function actionDraft({ name, clientTrackable, derivation }: Action): ActionDraft {
  if (derivation === undefined) return { name, clientTrackable };
  const { from, where, value, distinct, since } = derivation;
  return {
    name,
    clientTrackable,
    derivation: {
      from,
      where: jsonObject(where),
      ...(value !== undefined && {
        value: { property: value.property && propertyRead(value.property), constant: value.constant },
      }),
      ...(distinct !== undefined && { distinct: propertyRead(distinct) }),
      ...(since !== undefined && {
        since: { action: since.action, flag: since.flag, withinDays: since.withinDays },
      }),
    },
  };
}

function propertyRead({ name, path }: PropertyRead): PropertyReadInput {
  return { ...(name !== undefined && { name }), ...(path !== undefined && { path }) };
}

export function actionMessage({ name, clientTrackable, derivation }: DeclaredAction): Action {
  const countsSince = instant(derivation?.countsSince);
  return { name, clientTrackable, derivation: derivation && derivationMessage(derivation), countsSince };
}

function derivationMessage({
  from,
  where,
  value,
  distinct,
  since,
}: NonNullable<DeclaredAction['derivation']>): Derivation {
  const isProperty = typeof value === 'object';
  return {
    from: [...from],
    where: Object.keys(where).length === 0 ? undefined : where,
    value:
      value === undefined
        ? undefined
        : { property: isProperty ? readMessage(value) : undefined, constant: isProperty ? undefined : value },
    distinct: distinct && readMessage(distinct),
    since: since && { action: since.action, flag: since.unlock?.flagKey, withinDays: since.withinDays },
    sentence: describeConditions(where, { of: 'events', pointerBase: '/derivation/where' }).text,
  };
}

function readMessage({ name, path }: PropertyReadInput): PropertyRead {
  return { name, path };
}
