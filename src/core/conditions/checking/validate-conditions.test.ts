import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FactSlots } from '../../facts/fact-record.js';
import type { JsonObject } from '../../values/json.js';
import { ConditionCompiler } from '../compiling/compile-conditions.js';
import { arbitraryConditions } from '../testing/arbitrary-conditions.js';
import type { Vocabulary } from '../vocabulary.js';
import { MAX_DEPTH, MAX_LEAVES, MAX_NODES, validateConditions } from './validate-conditions.js';

const VOCABULARY: Vocabulary = {
  segments: new Set(['power-users', 'first', 'second', 'constructor']),
  flags: new Set(['reports', 'constructor', 'other']),
};

const ROLE = { fact: 'role', operator: 'equal', value: 'admin' };
const PLAN = { fact: 'attribute', path: '$.plan', operator: 'equal', value: 'pro' };
const COUNT = { fact: 'actionCount', params: { action: 'login' }, operator: 'greaterThan', value: 3 };

const countOf = (...segments: unknown[]) => ({
  ...{ fact: 'metConditions', params: { segments }, operator: 'greaterThanInclusive' },
  value: 2 as unknown,
});

function errorsOf(conditions: unknown): string[] {
  return validateConditions(conditions, VOCABULARY).errors.map(({ pointer, message }) => `${pointer}: ${message}`);
}

function warningsOf(...all: JsonObject[]): string[] {
  const { errors, warnings } = validateConditions({ all }, VOCABULARY);
  expect(errors).toEqual([]);
  return warnings.map(({ pointer, message }) => `${pointer}: ${message}`);
}

function nested(depth: number): unknown {
  let node: unknown = ROLE;
  for (let i = 0; i < depth; i += 1) node = i % 2 === 0 ? { all: [node] } : { not: node };
  return node;
}

describe('sound conditions', () => {
  it.each<[string, unknown]>([
    ['everyone', {}],
    ['empty groups', { all: [{ any: [] }] }],
    ['all kinds of groups', { any: [{ all: [ROLE] }, { not: PLAN }, { condition: 'power-users' }, COUNT] }],
    [
      'an attribute by its name alone',
      { all: [{ fact: 'attribute', params: { name: 'plan.tier' }, operator: 'equal', value: 'pro' }] },
    ],
    ['a part of an attribute by name', { all: [{ ...PLAN, params: { name: 'Account Name' } }] }],
    ['a path with a quoted name', { all: [{ ...PLAN, path: '$["plan.tier"].level[0]' }] }],
    ['a value that names an attribute', { all: [{ ...PLAN, value: { fact: 'attribute', params: { name: '$x' } } }] }],
    [
      'isSet',
      {
        all: [
          { ...PLAN, operator: 'isSet', value: true },
          { fact: 'roles', operator: 'isSet', value: true },
        ],
      },
    ],
    ['a segment alone', { condition: 'power-users' }],
    ['a count of segments', { all: [countOf('power-users', 'first', 'second')] }],
    ['labels', { all: [{ ...PLAN, name: 'On the pro plan', priority: 2, public: true }], name: 'x', priority: 1 }],
    ['decorators', { all: [{ fact: 'roles', operator: 'someFact:someValue:startsWith', value: ['a', 'b'] }] }],
    ['swap', { all: [{ fact: 'role', operator: 'swap:contains', value: ['admin', 'manager'] }] }],
    ['a window', { all: [{ ...COUNT, params: { action: 'login', windowDays: 366 } }] }],
    ['any action', { all: [{ fact: 'activeDays', operator: 'equal', value: 1 }] }],
    ['a streak', { all: [{ ...COUNT, fact: 'streak', params: { which: 'best', period: 'week', grace: 7 } }] }],
    ['a period', { all: [{ ...COUNT, params: { action: 'login', period: 'month' } }] }],
    ['an action of any name', { all: [{ ...COUNT, params: { action: '__proto__' } }] }],
    ['two facts', { all: [{ ...PLAN, value: { fact: 'organizationAttribute', path: '$.plan' } }] }],
    ['now and a constant', { all: [{ fact: 'now', operator: 'after', value: '2030-01-31T09:00:00Z' }] }],
    [
      'now and an attribute',
      { all: [{ fact: 'now', operator: 'lessThan', value: { fact: 'attribute', path: '$.end' } }] },
    ],
    ['an attribute and now', { all: [{ ...PLAN, operator: 'after', value: { fact: 'now' } }] }],
    ['unlocked', { all: [{ fact: 'unlocked', params: { flag: 'reports' }, operator: 'equal', value: true }] }],
    ['the last time', { all: [{ fact: 'daysSinceAction', params: { action: 'a' }, operator: 'lessThan', value: 7 }] }],
    ['the greatest depth', nested(MAX_DEPTH)],
    ['as many leaves as allowed', { all: Array.from({ length: MAX_LEAVES }, () => ROLE) }],
  ])('may be %s', (_, conditions) => {
    expect(errorsOf(conditions)).toEqual([]);
  });

  it('compile, whatever passes', () => {
    let passed = 0;
    fc.assert(
      fc.property(arbitraryConditions, ({ conditions, segments }) => {
        const known = { segments: new Map(segments), flags: VOCABULARY.flags };
        const parts = [conditions, ...segments.values()];
        if (parts.some((part) => validateConditions(part, known).errors.length > 0)) return;
        passed += 1;
        new ConditionCompiler(new FactSlots(), segments).compile(conditions);
      }),
      { numRuns: 2000 },
    );
    expect(passed).toBeGreaterThan(7);
  });
});

describe('unsound conditions are refused', () => {
  it.each<[string, unknown, string]>([
    ['no object', null, ': a condition must be an object, not null'],
    ['a list', [ROLE], ': a condition must be an object, not a list of 1'],
    ['a text', 'all', ': a condition must be an object, not "all"'],
    ['a leaf at the top', ROLE, ': conditions begin with a group: wrap this one as {"all": [ … ]}'],
    ['an empty object inside', { all: [{}] }, '/all/0: an empty object means everyone only as the whole'],
    ['two groups in one', { all: [], any: [] }, ': has "all" and "any": a condition needs exactly one of'],
    ['a group and a leaf in one', { all: [{ ...ROLE, not: ROLE }] }, '/all/0: has "not" and "fact": a condition needs'],
    ['none of the kinds', { every: [ROLE] }, ': has "every": a condition needs exactly one of'],
    [
      'an unknown key',
      { all: [{ ...ROLE, vlaue: 1 }] },
      '/all/0/vlaue: "vlaue" is not known here; did you mean "value"?',
    ],
    ['a key to escape', { all: [{ ...ROLE, 'a/b~c': 1 }] }, '/all/0/a~1b~0c: "a/b~c" is not known here'],
    ['an unknown key of a group', { all: [ROLE], onSuccess: 'x' }, '/onSuccess: "onSuccess" is not known here'],
    ['no list in all', { all: ROLE }, '/all: "all" takes a list of conditions, not an object'],
    ['a list in not', { not: [ROLE] }, '/not: "not" takes one condition, not a list'],
    [
      'an unknown segment',
      { any: [{ condition: 'power-user' }] },
      '/any/0/condition: there is no segment "power-user"; did you mean "power-users"?',
    ],
    ['a segment of another type', { condition: 5 }, "/condition: a segment's key must be a text, not 5"],
    [
      'an unknown segment that is counted',
      { all: [countOf('first', 'power-user')] },
      '/all/0/params/segments/1: there is no segment "power-user"; did you mean "power-users"?',
    ],
    [
      'a segment that is counted twice',
      { all: [countOf('first', 'first')] },
      '/all/0/params/segments/1: the segment "first" stands twice; leave one out',
    ],
    [
      'no segments to count',
      { all: [countOf()] },
      "/all/0/params/segments: segments must be a list of 1 to 50 segments' keys, not an empty list",
    ],
    [
      'a count without params',
      { all: [{ ...countOf('first'), params: {} }] },
      '/all/0/params: metConditions needs the param "segments"',
    ],
    [
      'a count on the right',
      { all: [{ ...COUNT, value: { fact: 'metConditions', params: { segments: ['first'] } } }] },
      '/all/0/value/fact: metConditions stands on the left of a comparison: exchange the sides',
    ],
    [
      'an unknown fact',
      { all: [{ ...ROLE, fact: 'rolle' }] },
      '/all/0/fact: "rolle" is not a fact; did you mean "role"?',
    ],
    [
      'an inherited name as fact',
      { all: [{ ...ROLE, fact: 'constructor' }] },
      '/all/0/fact: "constructor" is not a fact',
    ],
    ['a fact of another type', { all: [{ ...ROLE, fact: ['role'] }] }, '/all/0/fact: a list of 1 is not a fact'],
    ['no fact', { all: [{ operator: 'equal', value: 1 }] }, '/all/0: needs "fact", the name of a fact'],
    ['no operator', { all: [{ fact: 'role', value: 1 }] }, '/all/0: needs "operator"'],
    ['no value', { all: [{ fact: 'role', operator: 'equal' }] }, '/all/0: needs "value", what to compare'],
    [
      'an unknown operator',
      { all: [{ ...ROLE, operator: 'equals' }] },
      '/all/0/operator: "equals" is not an operator; did you mean "equal"?',
    ],
    [
      'an unknown operator under a decorator',
      { all: [{ ...ROLE, operator: 'not:equals' }] },
      '/all/0/operator: "equals" is not an operator',
    ],
    [
      'an unknown decorator',
      { all: [{ ...ROLE, operator: 'someFacts:equal' }] },
      '/all/0/operator: "someFacts" is not a decorator; did you mean "someFact"?',
    ],
    [
      'an inherited name as operator',
      { all: [{ ...ROLE, operator: '__proto__' }] },
      '/all/0/operator: "__proto__" is not an operator',
    ],
    [
      'too many decorators',
      { all: [{ ...ROLE, operator: `${'not:'.repeat(7)}equal` }] },
      '/all/0/operator: "not:not:not:not:not:not:not:equal" has 7 decorators, at most 6',
    ],
    [
      'an operator of another type',
      { all: [{ ...ROLE, operator: 5 }] },
      '/all/0/operator: an operator must be a text, not 5',
    ],
    [
      'no list for in',
      { all: [{ ...ROLE, operator: 'in' }] },
      '/all/0/value: "in" needs a list, each member a text, number, boolean or null: "admin" is not a list',
    ],
    [
      'an object within the list',
      { all: [{ ...ROLE, operator: 'in', value: ['a', {}] }] },
      '/all/0/value: "in" needs a list, each member a text, number, boolean or null: a list of 2 has a member that does not fit, at 1',
    ],
    [
      'no number for an ordering',
      { all: [{ ...COUNT, value: '3' }] },
      '/all/0/value: "greaterThan" needs a number: "3" is not a number',
    ],
    [
      'a list for equal',
      { all: [{ ...ROLE, value: ['admin'] }] },
      '/all/0/value: "equal" needs a text, number, boolean or null: a list of 1 is not',
    ],
    [
      'no list for someValue',
      { all: [{ ...ROLE, operator: 'someValue:equal' }] },
      '/all/0/value: "someValue:equal" needs a list',
    ],
    [
      'no list for a swapped contains',
      { all: [{ ...ROLE, operator: 'swap:contains' }] },
      '/all/0/value: "swap:contains" needs a list',
    ],
    [
      'no text for startsWith',
      { all: [{ ...PLAN, operator: 'startsWith', value: 1 }] },
      '/all/0/value: "startsWith" needs a text: 1 is not a text',
    ],
    [
      'a broken pattern',
      { all: [{ ...PLAN, operator: 'matches', value: '(' }] },
      '/all/0/value: "matches" needs a regular expression in a text: "(" cannot be used as a pattern',
    ],
    [
      'a long pattern',
      { all: [{ ...PLAN, operator: 'matches', value: 'a'.repeat(257) }] },
      'it has 257 characters, at most 256',
    ],
    ['a costly pattern', { all: [{ ...PLAN, operator: 'matches', value: 'a{1000}' }] }, 'repeats too much'],
    [
      'a pattern from a fact',
      { all: [{ ...PLAN, operator: 'matches', value: { fact: 'role' } }] },
      '/all/0/value: "matches" needs a constant pattern',
    ],
    [
      'a pattern from a fact, swapped',
      { all: [{ ...PLAN, operator: 'swap:matches' }] },
      '/all/0/operator: "swap:matches" would take its pattern from a fact',
    ],
    [
      'no version',
      { all: [{ ...PLAN, operator: 'semverLessThan', value: '1.x' }] },
      '/all/0/value: "semverLessThan" needs a version such as "1.2.3": "1.x" is not',
    ],
    [
      'no instant',
      { all: [{ ...PLAN, operator: 'before', value: '2025-02-30T00:00:00Z' }] },
      '/all/0/value: "before" needs a date, or a date and time',
    ],
    [
      'a missing path',
      { all: [{ fact: 'attribute', operator: 'equal', value: 1 }] },
      '/all/0: attribute needs "params": {"name": …}, which one to read, or "path"',
    ],
    [
      'a path on a fact without parts',
      { all: [{ ...ROLE, path: '$.a' }] },
      '/all/0/path: role takes no path; remove "$.a"',
    ],
    [
      'a script in a path',
      { all: [{ ...PLAN, path: '$[?(@.constructor)]' }] },
      '/all/0/path: "$[?(@.constructor)]" is not a plain path',
    ],
    [
      'a path to a name with a blank',
      { all: [{ ...PLAN, path: '$.Account Name' }] },
      '/all/0/path: "$.Account Name" is not a plain path: use names and indexes only, such as "$.address.lines[0]"; a member named "Account Name" is $["Account Name"]',
    ],
    [
      'a path to a name with a dollar',
      { all: [{ ...PLAN, path: '$.$initial_referrer' }] },
      'a member named "$initial_referrer" is $["$initial_referrer"]',
    ],
    ['an empty name', { all: [{ ...PLAN, params: { name: '' } }] }, '/all/0/params/name: name must be a text of 1'],
    ['isSet of a text', { all: [{ ...PLAN, operator: 'isSet' }] }, '"isSet" needs true or false: "pro" is not'],
    ['a path of another type', { all: [{ ...PLAN, path: 5 }] }, '/all/0/path: 5 is not a plain path'],
    [
      'an unknown param',
      { all: [{ ...COUNT, params: { action: 'a', days: 7 } }] },
      '/all/0/params/days: "days" is not a param of actionCount, which takes "action", "windowDays", "period"',
    ],
    [
      'a param of a fact without any',
      { all: [{ ...ROLE, params: { action: 'a' } }] },
      '/all/0/params/action: "action" is not a param of role, which takes none',
    ],
    [
      '__proto__ as a param',
      JSON.parse('{"all":[{"fact":"actionCount","params":{"action":"a","__proto__":1},"operator":"equal","value":1}]}'),
      '/all/0/params/__proto__: "__proto__" is not a param',
    ],
    [
      'a missing param',
      { all: [{ fact: 'unlocked', params: {}, operator: 'equal', value: true }] },
      '/all/0/params: unlocked needs the param "flag"',
    ],
    [
      'missing params',
      { all: [{ fact: 'unlocked', operator: 'equal', value: true }] },
      '/all/0/params: unlocked needs the param "flag"',
    ],
    [
      'params of another type',
      { all: [{ ...COUNT, params: ['login'] }] },
      '/all/0/params: params must be an object, not a list of 1',
    ],
    [
      'an empty action',
      { all: [{ ...COUNT, params: { action: '' } }] },
      '/all/0/params/action: an action must not be empty; no event can carry it',
    ],
    [
      'an action with a blank at its end',
      { all: [{ ...COUNT, params: { action: 'report_created ' } }] },
      '/all/0/params/action: an action has no spaces at its ends, and "report_created " has; remove them; no event can carry it',
    ],
    [
      'an action with a tab',
      { all: [{ ...COUNT, params: { action: 'a\tb' } }] },
      'an action has no control characters',
    ],
    [
      'a long action',
      { all: [{ ...COUNT, params: { action: 'a'.repeat(129) } }] },
      'an action has at most 128 characters',
    ],
    [
      'an action of another type',
      { all: [{ ...COUNT, params: { action: null } }] },
      '/all/0/params/action: an action is text, not null',
    ],
    [
      'a window of no days',
      { all: [{ ...COUNT, params: { action: 'a', windowDays: 0 } }] },
      '/all/0/params/windowDays: windowDays must be a whole number from 1 to 366, not 0',
    ],
    [
      'a window beyond a year',
      { all: [{ ...COUNT, params: { action: 'a', windowDays: 367 } }] },
      'from 1 to 366, not 367',
    ],
    [
      'a window and a period',
      { all: [{ ...COUNT, params: { action: 'a', windowDays: 7, period: 'week' } }] },
      '/all/0/params/period: period and windowDays exclude each other: leave one out',
    ],
    [
      'a grace of too much',
      { all: [{ ...COUNT, fact: 'streak', params: { grace: 8 } }] },
      '/all/0/params/grace: grace must be a whole number from 0 to 7, not 8',
    ],
    [
      'a period of no calendar',
      { all: [{ ...COUNT, params: { action: 'a', period: 'year' } }] },
      '/all/0/params/period: period must be one of "day", "week", "month", not "year"',
    ],
    [
      'a window of a fraction',
      { all: [{ ...COUNT, params: { action: 'a', windowDays: 1.5 } }] },
      'from 1 to 366, not 1.5',
    ],
    [
      'neither first nor last',
      { all: [{ ...COUNT, fact: 'daysSinceAction', params: { action: 'a', which: 'next' } }] },
      '/all/0/params/which: which must be one of "first", "last", not "next"',
    ],
    [
      'a flag that cannot be unlocked',
      { all: [{ fact: 'unlocked', params: { flag: 'report' }, operator: 'equal', value: true }] },
      '/all/0/params/flag: "report" is not a flag that can be unlocked: it needs a latching rule or grants; did you mean "reports"?',
    ],
    [
      'an object as value',
      { all: [{ ...ROLE, value: { a: 1 } }] },
      '/all/0/value: a value cannot be an object, unless it names a fact',
    ],
    [
      'an unknown fact in a value',
      { all: [{ ...ROLE, value: { fact: 'stages' } }] },
      '/all/0/value/fact: "stages" is not a fact; did you mean "stage"?',
    ],
    [
      'an unknown key in a value',
      { all: [{ ...ROLE, value: { fact: 'stage', operator: 'x' } }] },
      '/all/0/value/operator: "operator" is unknown here',
    ],
    [
      'now by equality',
      { all: [{ fact: 'now', operator: 'equal', value: 1 }] },
      '/all/0/operator: "now" can only be ordered',
    ],
    [
      'now by equality, on the right',
      { all: [{ ...PLAN, value: { fact: 'now' } }] },
      '/all/0/operator: "now" can only be ordered',
    ],
    [
      'now against another fact',
      { all: [{ fact: 'now', operator: 'lessThan', value: { fact: 'daysSinceJoin' } }] },
      '/all/0/value: "now" can only be compared with a constant, an attribute',
    ],
    [
      'now against itself',
      { all: [{ fact: 'now', operator: 'lessThan', value: { fact: 'now' } }] },
      '/all/0/value: "now" can only be compared',
    ],
    [
      'a time of day by equality',
      { all: [{ fact: 'localTime', operator: 'equal', value: 540 }] },
      '/all/0/operator: "localTime" can only be ordered, by lessThan',
    ],
    [
      'a time of day as an instant',
      { all: [{ fact: 'localTime', operator: 'after', value: '2030-01-01' }] },
      '/all/0/operator: "localTime" can only be ordered',
    ],
    [
      'two times of day',
      { all: [{ fact: 'localTime', operator: 'lessThan', value: { fact: 'localTime', params: { zone: 'UTC' } } }] },
      '/all/0/value: "localTime" can only be compared with a constant, an attribute',
    ],
    [
      'an offset for a zone',
      { all: [{ fact: 'dayOfWeek', params: { zone: '+01:00' }, operator: 'equal', value: 1 }] },
      '/all/0/params/zone: zone must be a time zone of the IANA database, such as "Europe/Lisbon", not "+01:00"',
    ],
    [
      'a zone in other letters',
      { all: [{ fact: 'dayOfWeek', params: { zone: 'europe/lisbon' }, operator: 'equal', value: 1 }] },
      '/all/0/params/zone: zone must be spelt "Europe/Lisbon", not "europe/lisbon"',
    ],
    ['a name of another type', { all: [{ ...ROLE, name: 5 }] }, '/all/0/name: a name must be a text'],
    ['a long name', { all: [], name: 'x'.repeat(201) }, '/name: a name must be a text of at most 200 characters'],
    [
      'a priority of another type',
      { all: [{ ...ROLE, priority: 'high' }] },
      '/all/0/priority: a priority must be a number, not "high"',
    ],
    [
      'public of another type',
      { all: [{ ...ROLE, public: 'yes' }] },
      '/all/0/public: public must be true or false, not "yes"',
    ],
    ['one group too deep', nested(MAX_DEPTH + 1), 'stands in more than 10 groups'],
    [
      'one leaf too many',
      { all: Array.from({ length: MAX_LEAVES + 1 }, () => ROLE) },
      '/all/200: more than 200 comparisons',
    ],
    [
      'one node too many',
      { all: Array.from({ length: MAX_NODES }, () => ({ all: [] })) },
      '/all/999: more than 1000 nodes',
    ],
    [
      'too large a list',
      { all: [{ ...ROLE, operator: 'in', value: Array.from({ length: 40_000 }, String) }] },
      ': the conditions are larger than 262144 characters',
    ],
    [
      'too long a text',
      { all: [{ ...ROLE, value: 'x'.repeat(300_000) }] },
      ': the conditions are larger than 262144 characters',
    ],
  ])('with %s', (_, conditions, expected) => {
    const errors = errorsOf(conditions);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(expected);
  });

  it('each at its own place below the base', () => {
    const conditions = { all: [{ ...ROLE, fact: 'x1' }, { not: { ...ROLE, operator: 'x2' } }] };
    const { errors } = validateConditions(conditions, VOCABULARY, '/rules/3/conditions');
    expect(errors.map(({ pointer }) => pointer)).toEqual([
      '/rules/3/conditions/all/0/fact',
      '/rules/3/conditions/all/1/not/operator',
    ]);
  });

  it('by at most 50 errors', () => {
    expect(errorsOf({ all: Array.from({ length: 150 }, () => ({ ...ROLE, fact: 'x', operator: 'y' })) })).toHaveLength(
      50,
    );
  });

  it('when nested without end, without exhausting the stack', () => {
    expect(errorsOf(nested(5_000))[0]).toContain('stands in more than 10 groups');
    expect(errorsOf(nested(200_000))[0]).toContain('larger than');
    let list: unknown[] = [];
    for (let i = 0; i < 200_000; i += 1) list = [list];
    expect(errorsOf({ all: [{ ...ROLE, value: list }] })[0]).toContain('larger than');
  });

  it('for any JSON, without throwing', () => {
    const keys = fc.constantFrom(
      'all',
      'any',
      'not',
      'condition',
      'fact',
      'operator',
      'value',
      'params',
      'path',
      '__proto__',
      'constructor',
    );
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(null, 0, '', 'role', 'attribute', 'equal', 'swap:in', '$.a', 'first', true),
        fc.array(tie('node'), { maxLength: 3 }),
        fc
          .array(fc.tuple(keys, tie('node')), { maxLength: 5 })
          .map((entries) =>
            JSON.parse(`{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)}}`),
          ),
      ),
    }));
    fc.assert(
      fc.property(node, (conditions) => {
        const { errors } = validateConditions(conditions, VOCABULARY);
        for (const { pointer, message } of errors) expect(typeof pointer + typeof message).toBe('stringstring');
      }),
      { numRuns: 3000 },
    );
  });
});

describe('doubtful conditions are warned of', () => {
  it.each<[string, JsonObject, string]>([
    ['notEqual', { ...PLAN, operator: 'notEqual' }, '/all/0: "notEqual" is also satisfied where attribute is absent'],
    [
      'notIn',
      { fact: 'role', operator: 'notIn', value: ['x'] },
      '/all/0: "notIn" is also satisfied where role is absent',
    ],
    ['not around equal', { not: PLAN }, '/all/0/not: "equal" under "not" is also satisfied where attribute is absent'],
    [
      'a not decorator',
      { ...PLAN, operator: 'not:contains' },
      '"not:contains" is also satisfied where attribute is absent',
    ],
    ['not around contains', { not: { ...PLAN, operator: 'contains' } }, '"contains" under "not" is also satisfied'],
    [
      'not around doesNotContain',
      { not: { ...PLAN, operator: 'doesNotContain' } },
      '"doesNotContain" under "not" is also satisfied',
    ],
    [
      'a count that is never reached',
      { ...countOf('first', 'second'), value: 3 } as JsonObject,
      '/all/0/value: of 2 segments between 0 and 2 hold, so it comes out the same for everyone',
    ],
    ['two absent facts', { ...PLAN, value: { fact: 'stage' } }, '"equal" is also satisfied where attribute is absent'],
    [
      'an absent fact on the right',
      { fact: 'stageIndex', operator: 'notEqual', value: { fact: 'attribute', path: '$.a' } },
      'where attribute is absent',
    ],
    [
      'a list compared as one value',
      { fact: 'roles', operator: 'equal', value: 'admin' },
      '/all/0/operator: "equal" needs a fact that is a text, number, boolean or null, and roles is a list',
    ],
    [
      'a text that is ordered',
      { fact: 'stage', operator: 'greaterThan', value: 3 },
      '"greaterThan" needs a fact that is a number, and stage is a text',
    ],
    ['a text that equals a number', { ...ROLE, value: 5 }, '/all/0/value: role is a text and never equals 5'],
    [
      'a number against a text',
      { ...COUNT, value: { fact: 'role' } },
      '/all/0/value: "greaterThan" needs a number, and role is a text',
    ],
    [
      'contains on a text',
      { fact: 'role', operator: 'contains', value: 'min' },
      'and role is a text, so it comes out the same for everyone; did you mean "containsText"?',
    ],
    [
      'equal on a list',
      { fact: 'roles', operator: 'equal', value: 'admin' },
      'and roles is a list, so it comes out the same for everyone; did you mean "contains"?',
    ],
    [
      'a list of numbers as texts',
      { ...PLAN, operator: 'in', value: ['2557', '2558'] },
      '/all/0/value: "in" does not convert: the text "2557" is not the same as 2557; give 2557 without quotes if attribute is no text',
    ],
    ['a number as text', { ...PLAN, value: '18' }, '"equal" does not convert: the text "18" is not the same as 18'],
    ['a truth as text', { ...PLAN, value: 'true' }, 'the text "true" is not the same as true'],
    [
      'a member as text',
      { ...PLAN, operator: 'someFact:equal', value: '7.5' },
      'the text "7.5" is not the same as 7.5',
    ],
    [
      'numbers among texts',
      { ...COUNT, operator: 'in', value: ['1', '2'] },
      '/all/0/value: actionCount is a number and never equals any of these, so it comes out',
    ],
    [
      'a number as a role',
      { fact: 'roles', operator: 'contains', value: 5 },
      'the members of roles are texts, none of which equals 5',
    ],
    [
      'a sum beyond what is kept',
      { ...COUNT, fact: 'actionSum', operator: 'greaterThanInclusive', value: 1e13 },
      '/all/0/value: actionSum stays within ±9000000000000, which 10000000000000 is beyond',
    ],
    [
      'finer amounts than sums have',
      { ...COUNT, fact: 'actionSum', operator: 'in', value: [0.5, 0.1234567] },
      '/all/0/value: actionSum is in whole millionths, and never equals 0.1234567',
    ],
    [
      'a Sunday that is 0',
      { fact: 'dayOfWeek', operator: 'in', value: [6, 0] },
      '/all/0/value: dayOfWeek is a whole number from 1 (Monday) to 7 (Sunday), never 0',
    ],
    [
      'an hour that clocks do not show',
      { fact: 'localTime', operator: 'lessThan', value: 1500 },
      '/all/0/value: localTime is a whole number of minutes from 0 to 1439, never 1500',
    ],
    [
      'a date in another order',
      { fact: 'localDate', operator: 'equal', value: '24.12.2027' },
      '/all/0/value: localDate is a date such as "2027-03-31", never "24.12.2027"',
    ],
    [
      'seconds where milliseconds are compared',
      { fact: 'now', operator: 'greaterThan', value: 1_748_736_000 },
      '/all/0/value: "now" is in milliseconds, and 1748736000 looks like seconds: it would be 1970-01-21T05:45:36.000Z',
    ],
  ])('such as %s', (_, leaf, expected) => {
    const warnings = warningsOf(leaf);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(expected);
  });

  it.each<[string, JsonObject, string]>([
    [
      'a stage that there is not',
      { not: { fact: 'stage', operator: 'equal', value: 'setpu' } },
      '/all/0/not/value: no stage is called "setpu"; did you mean "setup"?',
    ],
    [
      'stages of a list',
      { fact: 'stagesReached', operator: 'contains', value: 'launch' },
      '/all/0/value: no stage is called "launch"; there are "welcome", "setup"',
    ],
    [
      'one stage of several',
      { any: [{ fact: 'stage', operator: 'in', value: ['setup', 'setups'] }] },
      '/all/0/any/0/value: no stage is called "setups"; did you mean "setup"?',
    ],
    [
      'an action that is nearly a declared one',
      { ...COUNT, params: { action: 'logn' } },
      '/all/0/params/action: no action "logn" is declared; did you mean "login"?',
    ],
  ])('such as %s, where stages and actions are known', (_, leaf, expected) => {
    const known = { ...VOCABULARY, stages: new Set(['welcome', 'setup']), actions: new Set(['login']) };
    const { errors, warnings } = validateConditions({ all: [leaf] }, known);
    expect(errors).toEqual([]);
    expect(warnings.map(({ pointer, message }) => `${pointer}: ${message}`)).toContain(expected);
    const free = validateConditions({ all: [leaf] }, { ...VOCABULARY, stages: new Set() });
    expect(JSON.stringify(free.warnings)).not.toMatch(/no stage|no action/);
  });

  it.each<[string, JsonObject]>([
    ['equal', PLAN],
    ['a fact that is never absent', { fact: 'emailVerified', operator: 'notEqual', value: true }],
    ['a text that only begins as a number', { ...PLAN, operator: 'in', value: ['0042', '12px', ''] }],
    ['texts and numbers', { ...COUNT, operator: 'in', value: [1, 2] }],
    ['an order, which converts', { ...PLAN, operator: 'greaterThan', value: 9 }],
    ['isSet false, which asks for absent ones', { ...PLAN, operator: 'isSet', value: false }],
    ['not around isSet', { not: { ...PLAN, operator: 'isSet', value: true } }],
    ['not around notEqual', { not: { ...PLAN, operator: 'notEqual' } }],
    ['two nots around equal', { not: { not: PLAN } }],
    ['doesNotContain, which an absent list never satisfies', { ...PLAN, operator: 'doesNotContain' }],
  ])('but not %s', (_, leaf) => {
    expect(warningsOf(leaf)).toEqual([]);
  });
});
