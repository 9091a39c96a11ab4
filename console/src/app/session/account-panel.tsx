import { apiUrl } from '../../api/api.js';
import { useSession } from '../../parts/page/session-context.js';
import { chooseExactTimes, useExactTimes } from '../../parts/time/exact-times.js';
import { Button } from '../../ui/button.js';
import { DarkIcon, HelpIcon, KeysIcon, LightIcon, NoticesIcon, SignOutIcon, SystemIcon } from '../../ui/icons.js';
import { Popover } from '../../ui/popover.js';
import { chooseTheme, THEMES, type Theme, useTheme } from '../../ui/theme.js';
import { words } from '../../words/words.js';
import './account-panel.css';

export interface AccountPanelProps {
  readonly anchor: Element | null;
  readonly onClose: () => void;
  readonly onShortcuts: () => void;
  readonly onSignOut: () => void;
}

const ICONS: Readonly<Record<Theme, typeof SystemIcon>> = { system: SystemIcon, light: LightIcon, dark: DarkIcon };

/** Who is signed in, how the console looks and tells times, and the way out. */
export default function AccountPanel({ anchor, onClose, onShortcuts, onSignOut }: AccountPanelProps) {
  const { caller, version } = useSession();
  const theme = useTheme();
  const exact = useExactTimes();
  return (
    <Popover open onClose={onClose} anchor={anchor} title={words.frame.signedInAs}>
      <div className="account-who">
        <strong>{caller.name}</strong>
        {caller.organization_id !== '' && <span>{words.frame.ofOrganization(caller.organization_id)}</span>}
        {caller.scopes.length > 0 && <span>{words.frame.scopes(caller.scopes)}</span>}
      </div>
      <fieldset className="themes">
        <legend>{words.frame.theme}</legend>
        {THEMES.map((each) => {
          const Icon = ICONS[each];
          return (
            <label key={each} className="theme">
              <input
                type="radio"
                name="theme"
                className="unseen"
                checked={theme === each}
                onChange={() => chooseTheme(each)}
              />
              <Icon aria-hidden />
              {words.frame.themes[each]}
            </label>
          );
        })}
      </fieldset>
      <fieldset className="themes times">
        <legend>{words.instants.times}</legend>
        {[false, true].map((each) => (
          <label key={String(each)} className="theme">
            <input
              type="radio"
              name="times"
              className="unseen"
              checked={exact === each}
              onChange={() => chooseExactTimes(each)}
            />
            {each ? words.instants.exact : words.instants.ago}
          </label>
        ))}
      </fieldset>
      <div className="account-links">
        <Button kind="quiet" icon={<KeysIcon aria-hidden />} onClick={onShortcuts}>
          {words.frame.shortcuts}
        </Button>
        <a className="button button-quiet" href={apiUrl('/docs')} target="_blank" rel="noreferrer">
          <HelpIcon aria-hidden />
          {words.frame.api}
        </a>
        <a className="button button-quiet" href="THIRD_PARTY.txt" target="_blank" rel="noreferrer">
          <NoticesIcon aria-hidden />
          {words.frame.notices}
        </a>
        <Button kind="quiet" icon={<SignOutIcon aria-hidden />} onClick={onSignOut}>
          {words.frame.signOut}
        </Button>
      </div>
      <p className="account-version">{words.frame.version(version)}</p>
    </Popover>
  );
}
