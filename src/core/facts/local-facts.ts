import { type JsonObject, ownMember } from '../values/json.js';
import { readInstant } from '../values/time/time.js';
import type { BoundFact, FactChange, FactDefinition, FactParam } from './fact-definition.js';
import { DAY_OF_WEEK, LOCAL_DATE, MINUTE_OF_DAY, MINUTES_A_DAY } from './local-reading.js';
import type { TimeReading } from './time-reading.js';

const ZONE: FactParam = { name: 'zone', type: 'string', kind: 'timeZone', required: false };

type Row = Pick<FactDefinition, 'name' | 'description' | 'type' | 'range'> & { readonly label: string };

/** A fact that clocks show: those of the zone that the param names, or else of the user's. */
function localFact({ label, ...row }: Row, time: TimeReading): FactDefinition {
  const changedBy: ReadonlySet<FactChange> = new Set(['identify', 'zone', 'time']);
  const changedByTime: ReadonlySet<FactChange> = new Set(['time']);
  const zoneOf = (params: JsonObject): string | undefined => ownMember(params, 'zone') as string | undefined;
  return {
    ...row,
    params: [ZONE],
    changedBy,
    path: 'refused',
    mayBeAbsent: false,
    ofOrganizations: true,
    disclosed: true,
    label(params) {
      const zone = zoneOf(params);
      return zone === undefined ? label : `${label} in ${zone}`;
    },
    bind(params): BoundFact {
      const zone = zoneOf(params);
      if (zone !== undefined) return { changedBy: changedByTime, read: () => zone, time };
      return { changedBy, read: (sources) => sources.timeZone, time };
    },
  };
}

function wholeNumbers(min: number, max: number, words: string): NonNullable<Row['range']> {
  return {
    words,
    has: (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
  };
}

/** The facts about what clocks show where the user is. */
export const LOCAL_FACTS: readonly FactDefinition[] = [
  localFact(
    {
      name: 'localTime',
      description:
        'The time of day, in whole minutes since midnight: 540 from 9:00 on. It can only be ordered, against a constant or an attribute.',
      type: 'number',
      range: wholeNumbers(0, MINUTES_A_DAY - 1, 'a whole number of minutes from 0 to 1439'),
      label: 'time of day',
    },
    MINUTE_OF_DAY,
  ),
  localFact(
    {
      name: 'dayOfWeek',
      description: 'The day of the week as ISO 8601 counts: 1 is Monday, 7 is Sunday.',
      type: 'number',
      range: wholeNumbers(1, 7, 'a whole number from 1 (Monday) to 7 (Sunday)'),
      label: 'day of the week',
    },
    DAY_OF_WEEK,
  ),
  localFact(
    {
      name: 'localDate',
      description:
        'The date, as a text `YYYY-MM-DD`: ordered by `before` and `after`, looked for by `equal` and `in`, or in part by `endsWith` ' +
        '(`-12-24`: every year) and `startsWith` (`2027-03`).',
      type: 'string',
      range: {
        words: 'a date such as "2027-03-31"',
        has: (value) => typeof value === 'string' && value.length === 10 && readInstant(value) !== undefined,
      },
      label: 'date',
    },
    LOCAL_DATE,
  ),
];
