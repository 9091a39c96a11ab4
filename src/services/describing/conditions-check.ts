import type { Call } from '../../calls/caller.js';
import { notFound } from '../../calls/errors.js';
import { authorize } from '../../calls/permissions.js';
import type { ConfigurationKeeper } from '../../configuration/configuration-keeper.js';
import type { DayKnowledge } from '../../configuration/day-knowledge.js';
import { nodesOf, referencesOf, shortWindows } from '../../core/conditions/references.js';
import { FACTS } from '../../core/facts/fact-table.js';
import type { Flag, Rule } from '../../core/flags/flag.js';
import { parseFlag } from '../../core/flags/parse-flag.js';
import type { RuleInput } from '../../core/flags/parse-rules.js';
import { describeConditions } from '../../core/sentences/conditions-words.js';
import type { Sentence } from '../../core/sentences/part.js';
import { describeRule } from '../../core/sentences/rule-words.js';
import { namesIn } from '../../core/sentences/uses.js';
import { type Findings, validateFlag, validateSegment } from '../../core/snapshot/checking/validate-configuration.js';
import type { Snapshot } from '../../core/snapshot/snapshot.js';
import type { Fault } from '../../core/values/fault.js';
import { inBrief, isJsonObject, type JsonObject, ownMember, quote } from '../../core/values/json.js';
import { type ActionVolumes, VOLUME_DAYS } from './action-volumes.js';

export interface ConditionsDraft {
  /** What is given of the rule; conditions that are left out are everyone's. */
  readonly rule: Omit<RuleInput, 'id' | 'name' | 'distribution'>;
  /** The key or id of the flag that the rule is to be of; '' for a new one. */
  readonly flag: string;
  /** The key of the segment whose conditions they are to be; '' for a rule's. */
  readonly segment: string;
}

export interface CheckedConditions {
  readonly faults: readonly Fault[];
  readonly warnings: readonly Fault[];
  /** Absent where there are faults. */
  readonly sentence: Sentence | undefined;
  /** Absent where there are faults, and for a segment's conditions. */
  readonly ruleSentence: Sentence | undefined;
  /** What they read, by way of segments, too. */
  readonly facts: readonly string[];
  readonly segments: readonly string[];
  readonly readsTime: boolean;
}

export interface ConditionsCheckOptions {
  readonly keeper: ConfigurationKeeper;
  readonly dayKnowledge: Pick<DayKnowledge, 'of'>;
  readonly volumes: Pick<ActionVolumes, 'meant'>;
}

/** The key of a rule's flag that is not there yet. No flag can have it. */
const NEW_FLAG = ' (a new flag)';
const MAX_FAULTS = 50;
/** Of how many actions it is looked up whether anybody did them. */
const MAX_LOOKED_UP = 20;

/** Checks and describes conditions before they are written. */
export class ConditionsCheck {
  readonly #options: ConditionsCheckOptions;

  constructor(options: ConditionsCheckOptions) {
    this.#options = options;
  }

  /**
   * Finds what SetFlag or SetSegment would find, and actions that nobody does, and saves nothing. Rejects with NOT_FOUND for a flag that
   * does not exist, and as the store does.
   */
  async check(call: Call, draft: ConditionsDraft): Promise<CheckedConditions> {
    authorize(call, 'CheckConditions');
    const { snapshot } = this.#options.keeper;
    const known = await this.#options.dayKnowledge.of(snapshot);
    const conditions = draft.rule.conditions ?? {};
    const { rule, faults, warnings } =
      draft.segment === '' ? ofRule(draft, snapshot) : ofSegment(draft, conditions, snapshot);
    const knowledge = { known, now: Date.now(), segments: snapshot.segments, derived: snapshot.derivations.all };
    const windows = faults.length > 0 ? [] : shortWindows(conditions, '/conditions', knowledge);
    const isSound = faults.length === 0;
    const unseen = isSound ? await this.#unseenActions(conditions, warnings) : [];
    const names = namesIn(snapshot);
    const of = rule?.earnedBy === 'ORGANIZATION' ? 'organizations' : 'people';
    return {
      faults: faults.slice(0, MAX_FAULTS),
      warnings: [...warnings, ...windows, ...unseen],
      sentence: isSound ? describeConditions(conditions, { names, of, pointerBase: '/conditions' }) : undefined,
      ruleSentence: isSound && rule !== undefined ? describeRule(rule, names) : undefined,
      ...readBy(conditions, snapshot),
    };
  }

  /** Warns of actions that nobody did for long and that are spelt nearly like one that somebody did; not where it is warned already. */
  async #unseenActions(conditions: JsonObject, warned: readonly Fault[]): Promise<readonly Fault[]> {
    const known = new Set(warned.map(({ pointer }) => pointer));
    const pointers = new Map<string, string[]>();
    for (const { action, pointer } of actionsNamed(conditions)) {
      if (known.has(pointer)) continue;
      const others = pointers.get(action);
      if (others !== undefined) others.push(pointer);
      else if (pointers.size < MAX_LOOKED_UP) pointers.set(action, [pointer]);
    }
    const found = await Promise.all(
      Array.from(pointers, async ([action, at]) => {
        const meant = await this.#options.volumes.meant(action);
        const message = `nobody did ${inBrief(action)} in the last ${VOLUME_DAYS} days${meant}`;
        return meant === '' ? [] : at.map((pointer) => ({ pointer, message }));
      }),
    );
    return found.flat();
  }
}

interface Checked extends Findings {
  /** The rule as it would be; undefined for a segment's conditions. */
  readonly rule: Rule | undefined;
}

function ofSegment({ segment: key }: ConditionsDraft, conditions: JsonObject, snapshot: Snapshot): Checked {
  const present = snapshot.segments.get(key);
  const segment = { id: '', name: key, version: 0, createdAt: 0, updatedAt: 0, ...present, key, conditions };
  return { rule: undefined, ...validateSegment(segment, snapshot) };
}

/** A flag with this rule alone is checked: pointers are the rule's own. */
function ofRule({ rule: input, flag: keyOrId }: ConditionsDraft, snapshot: Snapshot): Checked {
  const existing =
    keyOrId === '' ? undefined : (snapshot.flags.get(keyOrId) ?? snapshot.flagsById.get(keyOrId))?.stored;
  if (existing === undefined && keyOrId !== '') throw notFound(`no flag ${quote(keyOrId)}`);
  const parsed = parseFlag({
    key: existing?.key ?? NEW_FLAG,
    input: { rules: [input], archived: false },
    existing: undefined,
    now: 0,
    newId: (prefix) => `${prefix}_draft`,
    relock: false,
  });
  const flag: Flag = { ...(existing ?? parsed.flag), rules: parsed.flag.rules, prerequisites: [], archived: false };
  const found = validateFlag(flag, snapshot);
  const own = (faults: readonly Fault[]): readonly Fault[] =>
    faults
      .filter(({ pointer }) => pointer === '/rules' || pointer.startsWith('/rules/0'))
      .map(({ pointer, message }) => ({
        pointer: pointer === '/rules' ? '/conditions' : pointer.slice('/rules/0'.length),
        message,
      }));
  return {
    rule: flag.rules[0],
    faults: own([...parsed.faults, ...found.faults]),
    warnings: own(found.warnings),
  };
}

function actionsNamed(conditions: JsonObject): readonly { readonly action: string; readonly pointer: string }[] {
  return [...nodesOf(conditions, '/conditions')].flatMap(({ node, pointer }) => {
    const params = ownMember(node, 'params');
    const action = isJsonObject(params) ? ownMember(params, 'action') : undefined;
    return typeof action === 'string' ? [{ action, pointer: `${pointer}/params/action` }] : [];
  });
}

function readBy(
  conditions: JsonObject,
  snapshot: Snapshot,
): Pick<CheckedConditions, 'facts' | 'segments' | 'readsTime'> {
  const { segments } = snapshot.dependencies.segments.reachOf(referencesOf(conditions));
  const known = inOrder([...segments].filter((key) => snapshot.segments.has(key)));
  const facts = new Set<string>();
  let readsTime = false;
  for (const part of [conditions, ...known.map((key) => snapshot.segments.get(key)!.conditions)]) {
    for (const { node } of nodesOf(part, '')) {
      const [name, params] = [ownMember(node, 'fact'), ownMember(node, 'params')];
      const definition = typeof name === 'string' ? FACTS.get(name) : undefined;
      if (definition === undefined) continue;
      facts.add(definition.name);
      readsTime ||= movesWithTime(definition.name, isJsonObject(params) ? params : {});
    }
  }
  return { facts: inOrder([...facts]), segments: known, readsTime };
}

/** Params that are no good may not be given to a fact: then nothing is known of it. */
function movesWithTime(name: string, params: JsonObject): boolean {
  try {
    return FACTS.get(name)?.bind?.(params).time !== undefined;
  } catch {
    return false;
  }
}

function inOrder(names: readonly string[]): readonly string[] {
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}
