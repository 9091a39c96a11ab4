import { count, number } from './counting.js';
import { words as ofFlag } from './flag-words.js';
import { spoken } from './spoken.js';

/** The words of the parts of a flag's page besides who has it: using it, what refers to it, archiving it. */
export const flagPartsWords = {
  partsOf: (name: string) => `Parts of ${name}`,
  tabs: { rules: 'Who has it', access: 'Access rows', unlocks: 'Unlocks', use: 'Use it', versions: 'Versions' },
  use: {
    what: 'Ask Latchkey whether somebody has it: as a backend service with a token that has the scope “evaluate”, or from a browser with the person’s own JWT.',
    ways: 'Ways to ask',
    names: { fetch: 'JavaScript', curl: 'curl', grpc: 'gRPC' },
    whats: {
      fetch: 'The list has what is on for the person. Ask once when a screen opens, and hear of changes by the stream.',
      curl: 'The same from a shell. With &all=true the list has what is off, too.',
      grpc: 'For backend services; any gRPC client will do. This is where the server itself listens (GRPC_ADDR): in front of it there may be another address.',
    },
    noGrpc:
      'The server of this page takes no gRPC (ROLES). Put the address of one that does in place of YOUR-GRPC-HOST.',
    forWhom: 'For whom',
    forWhomHint: 'The id of a person, as your product knows them',
    answer: 'What it answers now',
    answerJson: 'The answer as JSON',
    decision: 'The whole answer:',
    entry: 'The list has an entry for each flag that is on for them. This is the one of this flag:',
    notListed: 'The list has no entry of it: what is off is not in the list.',
    notForScreens:
      'The list has no entry of it: the flag is not visible to people, and the list is for their screens. Ask by gRPC.',
    hidden: 'People do not see this flag, and the list leaves it out, whoever asks. Services ask for it by gRPC.',
    archived: 'It is archived: whoever asks is told that there is no such flag.',
  },
  references: {
    title: 'What refers to it',
    nothing: 'Nothing. No other flag, segment or action depends on it.',
    kinds: {
      KIND_UNSPECIFIED: 'refers to it',
      PREREQUISITE: 'requires it',
      RULE: 'a rule reads it',
      SEGMENT: 'segment',
      ACTION: 'derived action',
      ACCESS_ROW: 'access row',
      ORGANIZATION: 'organization',
    },
    archived: 'archived',
    more: (n: number) => `and ${number.format(n)} more`,
  },
  seen: 'Who sees and changes it',
  delegated: 'Delegated to organizations',
  delegatedWhat: 'An organization’s administrators may let their own people in, or keep them out.',
  visible: 'Visible to people',
  visibleWhat: 'Off: only services can ask for it; browsers are told nothing of it.',
  archive: 'Archive',
  archiveWhat:
    'Answers as if it did not exist, and unlocks nothing. What was unlocked comes back when you bring it back.',
  archiveUsed: (n: number) =>
    `${count(n, 'other thing depends', 'other things depend')} on it, as listed above. Change that first; then it can be archived.`,
  bring: 'Bring back',
  bringWhat: 'It answers again by its rules, with all that was unlocked.',
  restores: (version: number) => `restores version ${number.format(version)}`,
};

export const words = { ...ofFlag, ...spoken({ flagParts: flagPartsWords }) };
