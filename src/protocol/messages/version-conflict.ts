import type { PresentVersion } from '../../calls/stale-version.js';
import type { VersionConflict } from '../gen/latchkey/v1/conflict.js';
import { flagMessage, organizationMessage, segmentMessage, stagesMessage } from './configuration-messages.js';

/** What is stored in place of the version that a write expected, as a message; undefined where there is nothing. */
export function presentMessage(present: PresentVersion): VersionConflict['present'] {
  if (present.value === undefined) return undefined;
  switch (present.kind) {
    case 'flag':
      return { $case: 'flag', value: flagMessage(present.value) };
    case 'segment':
      return { $case: 'segment', value: segmentMessage(present.value) };
    case 'list':
      return { $case: 'stages', value: stagesMessage(present.value) };
    case 'organization':
      return { $case: 'organization', value: organizationMessage(present.value) };
  }
}
