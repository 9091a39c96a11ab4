import type { ConsoleServer } from '../../console/stand/console-server.js';
import type { Details, Question } from './client-driver.js';

const forPlan = (plan: string) => ({ all: [{ fact: 'attribute', path: '$.plan', operator: 'equal', value: plan }] });
const only = (variant: string) => [{ variant, weight: 1 }];

/** The flags that every client is asked about, each made in the way that one of the cases below needs. */
const FLAGS: Readonly<Record<string, object>> = {
  new_editor: { is_enabled_globally: true, client_visible: true },
  plain_off: { client_visible: true },
  put_aside: { active: false, is_enabled_globally: true, client_visible: true },
  pro_tools: { client_visible: true, rules: [{ conditions: forPlan('pro') }] },
  manager_tools: {
    rules: [{ conditions: { all: [{ fact: 'roles', operator: 'contains', value: 'manager' }] } }],
  },
  first_project: {
    client_visible: true,
    rules: [
      {
        id: 'one-project',
        policy: 'LATCHING',
        conditions: {
          all: [
            { fact: 'actionCount', params: { action: 'project_saved' }, operator: 'greaterThanInclusive', value: 1 },
          ],
        },
      },
    ],
  },
  theme: {
    ...{ type: 'STRING', is_enabled_globally: true, client_visible: true, distribution: only('dark') },
    variants: [
      { key: 'dark', value: '#101418' },
      { key: 'light', value: '#fcfcfd' },
      { key: 'off', value: '#888' },
    ],
  },
  greeting: {
    ...{ type: 'STRING', client_visible: true, distribution: only('plain') },
    variants: [
      { key: 'plain', value: 'Hello' },
      { key: 'warm', value: 'Welcome back' },
      { key: 'off', value: '' },
    ],
    rules: [{ conditions: forPlan('pro'), distribution: only('warm') }],
  },
  max_items: {
    ...{ type: 'NUMBER', is_enabled_globally: true, client_visible: true, distribution: only('many') },
    variants: [
      { key: 'many', value: 25 },
      { key: 'off', value: 5 },
    ],
  },
  sampling: {
    ...{ type: 'NUMBER', is_enabled_globally: true, distribution: only('quarter') },
    variants: [
      { key: 'quarter', value: 0.25 },
      { key: 'off', value: 0.5 },
    ],
  },
  layout: {
    ...{ type: 'JSON', is_enabled_globally: true, client_visible: true, distribution: only('grid') },
    variants: [
      { key: 'grid', value: { columns: 3, names: ['a', 'b'], deep: { on: true } } },
      { key: 'off', value: {} },
    ],
  },
  halves: {
    ...{ type: 'STRING', is_enabled_globally: true },
    variants: [
      { key: 'left', value: 'l' },
      { key: 'right', value: 'r' },
      { key: 'off', value: '' },
    ],
    distribution: [
      { variant: 'left', weight: 1 },
      { variant: 'right', weight: 1 },
    ],
  },
  // Those that the scenarios change.
  changing: { client_visible: true },
  was_static: { is_enabled_globally: true },
};

export async function seedClientFlags(server: Pick<ConsoleServer, 'admin'>): Promise<void> {
  for (const [key, flag] of Object.entries(FLAGS)) await server.admin('PATCH', `/api/admin/flags/${key}`, flag);
  await server.admin('POST', '/api/events?wait=true', { id: 'p1', user_id: 'ada', action: 'project_saved' });
}

/** What a client is asked, and what it says then. */
export interface ClientCase {
  readonly case: string;
  readonly ask: Question;
  readonly expect: Details | ((details: Details) => void);
  /** Asks for what is none as an object. */
  readonly mismatch?: true;
}

const ADA = { targetingKey: 'ada' };
const FREE = { targetingKey: 'grace', plan: 'free' };
const PRO = { targetingKey: 'grace', plan: 'pro' };

/**
 * What is true of every client in every language; what a client does not pass on is told in `client-traits.ts`. A wrong type is asked of
 * flags that are not STATIC: what a client has cached it gives as any type.
 */
export const CASES: readonly ClientCase[] = [
  {
    case: 'a flag that is on for everybody is STATIC',
    ask: { type: 'boolean', flag: 'new_editor', otherwise: false, context: ADA },
    expect: { value: true, reason: 'STATIC', variant: 'on' },
  },
  {
    case: 'what needs no user is answered without a context',
    ask: { type: 'boolean', flag: 'new_editor', otherwise: false },
    expect: { value: true, reason: 'STATIC', variant: 'on' },
  },
  {
    case: 'a flag that is off for everybody says false, whatever the default',
    ask: { type: 'boolean', flag: 'plain_off', otherwise: true, context: ADA },
    expect: { value: false, reason: 'DEFAULT', variant: 'off' },
  },
  {
    case: 'a rule reads an attribute of the context',
    ask: { type: 'boolean', flag: 'pro_tools', otherwise: false, context: PRO },
    expect: { value: true, reason: 'TARGETING_MATCH', variant: 'on' },
  },
  {
    case: 'another attribute, another answer',
    ask: { type: 'boolean', flag: 'pro_tools', otherwise: true, context: FREE },
    expect: { value: false, reason: 'DEFAULT', variant: 'off' },
  },
  {
    case: 'roles of the context count',
    ask: {
      type: 'boolean',
      flag: 'manager_tools',
      otherwise: false,
      context: { targetingKey: 'grace', roles: ['manager'] },
    },
    expect: { value: true, reason: 'TARGETING_MATCH', variant: 'on' },
  },
  {
    case: 'what ada has unlocked is on for ada',
    ask: { type: 'boolean', flag: 'first_project', otherwise: false, context: ADA },
    expect: { value: true, reason: 'TARGETING_MATCH', variant: 'on', metadata: { rule_id: 'one-project' } },
  },
  {
    case: 'what ada has unlocked is off for grace',
    ask: { type: 'boolean', flag: 'first_project', otherwise: true, context: FREE },
    expect: { value: false, reason: 'DEFAULT', variant: 'off' },
  },
  {
    case: 'a text comes with its variant',
    ask: { type: 'string', flag: 'theme', otherwise: '#000', context: ADA },
    expect: { value: '#101418', reason: 'STATIC', variant: 'dark' },
  },
  {
    case: 'a rule chooses another variant',
    ask: { type: 'string', flag: 'greeting', otherwise: 'Hi', context: PRO },
    expect: { value: 'Welcome back', reason: 'TARGETING_MATCH', variant: 'warm' },
  },
  {
    case: 'the value of a text that is off is that of its variant, and not the default',
    ask: { type: 'string', flag: 'greeting', otherwise: 'Hi', context: FREE },
    expect: { value: '', reason: 'DEFAULT', variant: 'off' },
  },
  {
    case: 'a whole number',
    ask: { type: 'integer', flag: 'max_items', otherwise: 10, context: ADA },
    expect: { value: 25, reason: 'STATIC', variant: 'many' },
  },
  {
    case: 'a number with a fraction',
    ask: { type: 'float', flag: 'sampling', otherwise: 1.5, context: ADA },
    expect: { value: 0.25, reason: 'STATIC', variant: 'quarter' },
  },
  {
    case: 'an object',
    ask: { type: 'object', flag: 'layout', otherwise: {}, context: ADA },
    expect: { value: { columns: 3, names: ['a', 'b'], deep: { on: true } }, reason: 'STATIC', variant: 'grid' },
  },
  {
    case: 'a variant by bucket is SPLIT, and the same each time',
    ask: { type: 'string', flag: 'halves', otherwise: '', context: ADA },
    expect: ({ value, reason, variant }) => {
      if (reason !== 'SPLIT' || (variant !== 'left' && variant !== 'right') || value !== variant[0])
        throw new Error(`${reason} ${variant} ${value}`);
    },
  },
  {
    case: 'an unknown flag is FLAG_NOT_FOUND, with the default',
    ask: { type: 'boolean', flag: 'no_such_flag', otherwise: true, context: ADA },
    expect: { value: true, reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND' },
  },
  {
    case: 'a boolean asked for as a text is TYPE_MISMATCH, with the default',
    ask: { type: 'string', flag: 'plain_off', otherwise: 'x', context: ADA },
    expect: { value: 'x', reason: 'ERROR', errorCode: 'TYPE_MISMATCH' },
  },
  {
    case: 'a text asked for as a number is TYPE_MISMATCH, with the default',
    ask: { type: 'float', flag: 'greeting', otherwise: 1.5, context: FREE },
    expect: { value: 1.5, reason: 'ERROR', errorCode: 'TYPE_MISMATCH' },
  },
  {
    case: 'a text asked for as an object is TYPE_MISMATCH, with the default',
    ask: { type: 'object', flag: 'greeting', otherwise: { a: 1 }, context: FREE },
    mismatch: true,
    expect: { value: { a: 1 }, reason: 'ERROR', errorCode: 'TYPE_MISMATCH' },
  },
  {
    case: 'a flag that is put aside is DISABLED, with the default',
    ask: { type: 'boolean', flag: 'put_aside', otherwise: true, context: ADA },
    expect: { value: true, reason: 'DISABLED' },
  },
];
