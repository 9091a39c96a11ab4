import type { ListFlagsResponse } from '../../../src/protocol/gen/admin-json.js';
import { ArchiveIcon, DoneIcon, EarnedIcon, OffIcon, ScheduledIcon, TargetedIcon, UnknownIcon } from '../ui/icons.js';
import { words } from '../words/words.js';
import './flag-state.css';

export type FlagState = ListFlagsResponse['states'][number];

const ICONS: Readonly<Record<FlagState, typeof OffIcon>> = {
  FLAG_STATE_UNSPECIFIED: UnknownIcon,
  FLAG_STATE_OFF: OffIcon,
  FLAG_STATE_EVERYONE: DoneIcon,
  FLAG_STATE_EARNED: EarnedIcon,
  FLAG_STATE_TARGETED: TargetedIcon,
  FLAG_STATE_SCHEDULED: ScheduledIcon,
  FLAG_STATE_ARCHIVED: ArchiveIcon,
};

/** Who gets a flag, in a word, with an icon and a colour. */
export function FlagStateMark({ state }: { readonly state: FlagState }) {
  const Icon = ICONS[state];
  return (
    <span className="flag-state" data-state={shortName(state)}>
      <Icon aria-hidden />
      {words.flagStates[state]}
    </span>
  );
}

/** `off` for `FLAG_STATE_OFF`, as addresses and styles have it. */
export function shortName(state: FlagState): string {
  return state.slice('FLAG_STATE_'.length).toLowerCase();
}
