import type { GetVocabularyResponse } from '../../../../src/protocol/gen/admin-json.js';
import { type NewFlag, type NewFlagFault, WHO, type Who } from '../../draft/new-flag.js';
import {
  DoneIcon,
  EarnedIcon,
  OffIcon,
  OnboardingIcon,
  OrganizationIcon,
  PeopleIcon,
  PersonIcon,
  ShareIcon,
  TagIcon,
} from '../../ui/icons.js';
import { words } from '../../words/new-flag-words.js';
import { WhoDetails } from './who-details.js';

export interface WhoFieldsProps {
  readonly flag: NewFlag;
  /** In which stage those are stuck whom the address names, in words; '' where it names none. */
  readonly stuckIn: string;
  readonly vocabulary: GetVocabularyResponse | undefined;
  readonly faults: readonly NewFlagFault[];
  readonly onChange: (fields: Partial<NewFlag>) => void;
}

const ICONS: Readonly<Record<Who, typeof OffIcon>> = {
  nobody: OffIcon,
  everyone: DoneIcon,
  share: ShareIcon,
  roles: TagIcon,
  organizations: OrganizationIcon,
  people: PersonIcon,
  earned: EarnedIcon,
  stuck: PeopleIcon,
};

/** Who should have it: one of a few beginnings, and what it needs besides. */
export function WhoFields({ flag, stuckIn, vocabulary, faults, onChange }: WhoFieldsProps) {
  const choices = stuckIn === '' ? WHO.filter((who) => who !== 'stuck') : (['stuck', ...WHO.slice(0, -1)] as const);
  return (
    <fieldset className="new-flag-part who">
      <legend>{words.newFlag.who}</legend>
      <div className="choices">
        {choices.map((who) => {
          const { name, what } = words.newFlag.whos[who];
          const Icon = who === 'stuck' ? OnboardingIcon : ICONS[who];
          return (
            <label
              key={who}
              className="choice"
              data-chosen={flag.who === who ? '' : undefined}
              data-wide={who === 'stuck' ? '' : undefined}
            >
              <input type="radio" name="who" checked={flag.who === who} onChange={() => onChange({ who, typed: '' })} />
              <Icon aria-hidden />
              <span>
                {name}
                <small>{who === 'stuck' ? stuckIn : what}</small>
              </span>
            </label>
          );
        })}
      </div>
      <div className="who-details">
        <WhoDetails flag={flag} vocabulary={vocabulary} faults={faults} onChange={onChange} />
      </div>
    </fieldset>
  );
}

export interface SwitchFieldsProps {
  readonly active: boolean;
  readonly onChange: (fields: Partial<NewFlag>) => void;
}

/** Whether it is made switched on. */
export function SwitchFields({ active, onChange }: SwitchFieldsProps) {
  return (
    <fieldset className="new-flag-part who">
      <legend>{words.newFlag.switch}</legend>
      <div className="choices choices-two">
        {[false, true].map((on) => (
          <label key={String(on)} className="choice" data-chosen={active === on ? '' : undefined}>
            <input type="radio" name="active" checked={active === on} onChange={() => onChange({ active: on })} />
            {on ? <DoneIcon aria-hidden /> : <OffIcon aria-hidden />}
            <span>
              {on ? words.newFlag.on : words.newFlag.off}
              <small>{on ? words.newFlag.onWhat : words.newFlag.offWhat}</small>
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
