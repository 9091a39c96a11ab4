import type { BoundFact, FactChange, FactDefinition, FactSources } from '../facts/fact-definition.js';
import type { PropertyRead } from '../flags/flag.js';
import { unknownUser } from '../states/user-state.js';
import { type JsonObject, ownMember } from '../values/json.js';
import { type PathReader, readPath } from '../values/path.js';

const CHANGED_BY: ReadonlySet<FactChange> = new Set(['events']);

/** The facts about one event, which stand where those about users do: its properties. */
export const EVENT_FACTS: ReadonlyMap<string, FactDefinition> = new Map([['property', property()]]);

function property(): FactDefinition {
  const bind = (params: JsonObject): BoundFact => {
    const name = ownMember(params, 'name') as string | undefined;
    const read = ({ attributes }: FactSources): unknown =>
      name === undefined ? attributes : ownMember(attributes, name);
    return { changedBy: CHANGED_BY, read, time: undefined };
  };
  return {
    name: 'property',
    description: "One of the event's properties, or a part of it.",
    type: 'json',
    params: [{ name: 'name', type: 'string', required: false }],
    changedBy: CHANGED_BY,
    path: 'orName',
    mayBeAbsent: true,
    ofOrganizations: false,
    disclosed: false,
    label: () => 'property',
    bind,
  };
}

/** What facts about an event are read from: its properties stand where a user's attributes do. */
export function sourcesOf(properties: JsonObject): FactSources {
  return { ...NOBODY, attributes: properties };
}

const NOBODY: FactSources = {
  user: unknownUser(''),
  organization: undefined,
  earner: undefined,
  roles: [],
  inheritedRoles: [],
  attributes: {},
  joinedAt: undefined,
  organizationId: '',
  stages: [],
  timeZone: 'UTC',
  dayClock: undefined,
  isUnlocked: () => false,
};

/** Reads a property as the fact of that name does. */
export function propertyReader({ name, path }: PropertyRead): (properties: JsonObject) => unknown {
  const part: PathReader = path === undefined ? (value) => value : readPath(path);
  return (properties) => part(name === undefined ? properties : ownMember(properties, name));
}
