import type {
  actionsWords,
  onboardingWords,
  organizationsWords,
  organizationWords,
  stageWords,
} from './customers-words.js';
import type { en } from './en.js';
import type { flagAccessWords } from './flag-access-words.js';
import type { flagPartsWords } from './flag-parts-words.js';
import type { flagWords } from './flag-words.js';
import type { flagsWords } from './flags-words.js';
import type { historyWords } from './history-words.js';
import type { jsonWords } from './json-words.js';
import type { ladderWords } from './ladder-words.js';
import type { ledgerWords } from './ledger-words.js';
import type { missingWords } from './missing-words.js';
import type { newFlagWords } from './new-flag-words.js';
import type { paletteWords } from './palette-words.js';
import type { peopleWords, personWords } from './people-words.js';
import type { ruleWords } from './rule-words.js';
import type { segmentsWords } from './segments-words.js';
import type { servingWords } from './serving-words.js';
import type { sessionWords, viewWords } from './session-words.js';
import type { settingsWords } from './settings-words.js';
import type { switchWords } from './switch-words.js';
import type { todayWords } from './today-words.js';
import type { tokenWords } from './token-words.js';
import type { versionsWords } from './versions-words.js';

/**
 * All words of the console. A value is a text, or a function of what varies in it. Another language is another object of this type. Each
 * page loads its own alone, so nothing imports them all. What the server says (sentences, faults) is not here: it comes in the server's
 * own words.
 */
export type Words = typeof en & {
  readonly flags: typeof flagsWords;
  readonly flag: typeof flagWords;
  readonly flagParts: typeof flagPartsWords;
  readonly newFlag: typeof newFlagWords;
  readonly versions: typeof versionsWords;
  readonly flagAccess: typeof flagAccessWords;
  readonly json: typeof jsonWords;
  readonly rule: typeof ruleWords;
  readonly serving: typeof servingWords;
  readonly palette: typeof paletteWords;
  readonly people: typeof peopleWords;
  readonly person: typeof personWords;
  readonly ladder: typeof ladderWords;
  readonly ledger: typeof ledgerWords;
  readonly organizations: typeof organizationsWords;
  readonly organization: typeof organizationWords;
  readonly onboarding: typeof onboardingWords;
  readonly stage: typeof stageWords;
  readonly actions: typeof actionsWords;
  readonly history: typeof historyWords;
  readonly segments: typeof segmentsWords;
  readonly today: typeof todayWords;
  readonly settings: typeof settingsWords;
  readonly switching: typeof switchWords;
  readonly token: typeof tokenWords;
  readonly missing: typeof missingWords;
  readonly session: typeof sessionWords;
  readonly view: typeof viewWords;
};
