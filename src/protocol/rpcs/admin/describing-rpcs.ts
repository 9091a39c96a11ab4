import type { FactParam } from '../../../core/facts/fact-definition.js';
import type { Use } from '../../../core/sentences/uses.js';
import { DAY_MS } from '../../../core/values/time/time.js';
import type { DescribedFact, DescribedOperator } from '../../../services/describing/vocabulary.js';
import type { ServiceSet } from '../../../services/service-set.js';
import { type Reference, Reference_Kind } from '../../gen/latchkey/v1/references.js';
import type { FactDescription, FactParamDescription, OperatorDescription } from '../../gen/latchkey/v1/vocabulary.js';
import { actionMessage } from '../../messages/action-message.js';
import { ruleInput } from '../../messages/flag-input.js';
import { Paging } from '../../messages/paging.js';
import { sentenceMessage } from '../../messages/sentence-message.js';
import type { AdminRpcs } from './admin-rpcs.js';

type Name = 'checkConditions' | 'getVocabulary' | 'getReferences' | 'getAction';
type Services = Pick<ServiceSet, 'conditionsCheck' | 'vocabulary' | 'references' | 'actionVolumes'>;

/** Saying what conditions mean, what they can be made of, and what refers to what. */
export function describingRpcs({ conditionsCheck, vocabulary, references, actionVolumes }: Services): AdminRpcs<Name> {
  return {
    checkConditions: {
      async handle({ flag, segment, ...draft }, call) {
        const { id, name, distribution, ...rule } = ruleInput({ ...EMPTY_RULE, ...draft }, '');
        const checked = await conditionsCheck.check(call, { rule, flag, segment });
        return {
          faults: [...checked.faults],
          warnings: [...checked.warnings],
          sentence: checked.sentence && sentenceMessage(checked.sentence),
          ruleSentence: checked.ruleSentence && sentenceMessage(checked.ruleSentence),
          facts: [...checked.facts],
          readsTime: checked.readsTime,
          segments: [...checked.segments],
        };
      },
    },
    getVocabulary: {
      async handle({ prefix }, call) {
        const known = await vocabulary.get(call, prefix);
        return {
          facts: known.facts.map(factMessage),
          operators: known.operators.map(operatorMessage),
          decorators: [...known.decorators],
          stages: [...known.stages],
          actions: [...known.actions],
          attributes: known.attributes.map(({ types, values, ...attribute }) => ({
            ...attribute,
            types: [...types],
            values: [...values],
          })),
          roles: [...known.roles],
          segments: known.segments.map(({ key, name }) => ({ key, name })),
          flags: known.flags.map(({ key, name }) => ({ key, name })),
          cut: [...known.cut],
          sampledUsers: known.sampledUsers,
        };
      },
    },
    getAction: {
      async handle({ name }, call) {
        const { declared, times, days } = await actionVolumes.get(call, name);
        return {
          ...{ name, times },
          declared: declared && actionMessage(declared),
          days: days.map(({ day, times: onDay }) => ({ day: shownDay(day), times: onDay })),
        };
      },
    },
    getReferences: {
      async handle(request, call) {
        const paging = new Paging('GetReferences', request);
        const { uses, total, next } = await references.list(call, request, paging.page);
        return { references: uses.map(referenceMessage), nextPageToken: paging.tokenOf(next), total };
      },
    },
  };
}

function shownDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** What of a rule a draft of conditions does not say. */
const EMPTY_RULE = { id: '', name: '', distribution: [], sentence: '' };

function factMessage({ params, path, changedBy, ofOrganizations, ...fact }: DescribedFact): FactDescription {
  return {
    name: fact.name,
    description: fact.description,
    words: fact.words,
    type: fact.type,
    params: params.map(paramMessage),
    takesPath: path === 'orName',
    changedBy: [...changedBy],
    mayBeAbsent: fact.mayBeAbsent,
    ofOrganizations,
    disclosed: fact.disclosed,
    operators: [...fact.operators],
    range: fact.range?.words ?? '',
  };
}

function paramMessage({ name, type, required, kind, allowed, min, max, excludes }: FactParam): FactParamDescription {
  return { name, type, required, kind: kind ?? '', allowed: [...(allowed ?? [])], min, max, excludes: excludes ?? '' };
}

function operatorMessage({ row, words, fact, value, factTypes }: DescribedOperator): OperatorDescription {
  return { name: row.name, words, meaning: row.meaning, fact, value, factTypes: [...factTypes] };
}

function referenceMessage({ kind, sentence, ...use }: Use): Reference {
  return { ...use, kind: Reference_Kind[kind], sentence: sentenceMessage(sentence) };
}
