import type { UserFlag } from '../../../../../src/protocol/gen/admin-json.js';
import { BlockedIcon, DoneIcon, EarnedIcon, OffIcon, UnknownIcon } from '../../../ui/icons.js';
import { words } from '../../../words/people-words.js';
import '../../../parts/flag-state.css';

const ICONS: Readonly<Record<UserFlag['state'], typeof OffIcon>> = {
  STATE_UNSPECIFIED: UnknownIcon,
  ON: DoneIcon,
  NEAR: EarnedIcon,
  OFF: OffIcon,
  BLOCKED: BlockedIcon,
};

/** As the marks of flags are coloured. */
const COLOURS: Partial<Record<UserFlag['state'], string>> = { ON: 'everyone', NEAR: 'earned', BLOCKED: 'blocked' };

/** How a flag stands for somebody, in a word, with an icon and a colour. */
export function StandingMark({ state }: { readonly state: UserFlag['state'] }) {
  const Icon = ICONS[state];
  return (
    <span className="flag-state" data-state={COLOURS[state]}>
      <Icon aria-hidden />
      {words.person.features.states[state]}
    </span>
  );
}
