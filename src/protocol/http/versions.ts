import type { DescMessage } from '@bufbuild/protobuf';
import type { StaleRows } from '../../calls/writes/stale-rows.js';
import type { StaleVersion } from '../../calls/writes/stale-version.js';
import type { JsonObject } from '../../core/values/json.js';
import { accessConflict } from '../messages/access-row.js';
import { presentMessage } from '../messages/configuration-messages.js';
import { type Message, messageOf } from './message.js';
import { REGISTRY } from './registry.js';
import { writeJson } from './write-json.js';

/** A version of one thing. The id is part of it, since a thing that is made anew under an old key begins at version 1 again. */
export interface Versioned {
  /** The thing's id, or a list's name if it has a version as a whole; '' with version 0 for a thing that must not exist yet. */
  readonly id: string;
  readonly version: number;
}

/** The version of what an answer is about: of the one thing in it that has versions, or of the answer itself; else undefined. */
export function versionIn(type: DescMessage, message: Message): Versioned | undefined {
  for (const { fieldKind, message: part, localName } of type.fields) {
    if (fieldKind !== 'message' || !hasVersions(part)) continue;
    const held = message[localName] as Message | undefined;
    if (held !== undefined) return versionOf(part, held);
  }
  return hasVersions(type) ? versionOf(type, message) : undefined;
}

/** What a refused write would have replaced, with its version; undefined where it does not exist any more. */
export function currentOf(stale: StaleVersion): { readonly json: JsonObject; readonly version: Versioned } | undefined {
  const present = presentMessage(stale.present);
  if (present === undefined) return undefined;
  const conflict = REGISTRY.getMessage('latchkey.v1.VersionConflict');
  const field = conflict?.fields.find(({ localName }) => localName === present.$case);
  if (field === undefined) throw new Error(`VersionConflict has no field for ${present.$case}`);
  const [type, message] = [messageOf(field), present.value as unknown as Message];
  return { json: writeJson(type, message), version: versionOf(type, message) };
}

/** The access rows that a refused write was made on, as they are now. */
export function rowsNow(stale: StaleRows): JsonObject {
  const type = REGISTRY.getMessage('latchkey.v1.AccessConflict');
  if (type === undefined) throw new Error('there is no AccessConflict');
  return writeJson(type, accessConflict(stale) as unknown as Message);
}

/** Whether the answers of this type are about something that has versions. */
export function hasVersion(type: DescMessage): boolean {
  return hasVersions(type) || type.fields.some((field) => field.fieldKind === 'message' && hasVersions(field.message));
}

function hasVersions({ fields }: DescMessage): boolean {
  return fields.some(({ name }) => name === 'version');
}

function versionOf({ fields }: DescMessage, message: Message): Versioned {
  const { id, version } = message as { readonly id?: string; readonly version: number };
  return { id: id ?? fields.find(({ fieldKind }) => fieldKind === 'list')?.name ?? '', version };
}
