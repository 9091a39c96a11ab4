import { KeyCaps } from '../../parts/page/key-caps.js';
import { chooseLetters, type Shortcut, useAllShortcuts, useLetters } from '../../parts/page/shortcuts.js';
import { Dialog } from '../../ui/dialog.js';
import { Switch } from '../../ui/field.js';
import { words } from '../../words/words.js';
import './shortcuts-dialog.css';

/** The list of what keys do, of this page first. */
export default function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  const all = useAllShortcuts();
  const letters = useLetters();
  const here = all.filter((shortcut) => shortcut.here === true);
  return (
    <Dialog open onClose={onClose} title={words.shortcuts.title}>
      {here.length > 0 && <List title={words.shortcuts.here} shortcuts={here} />}
      <List title={words.shortcuts.everywhere} shortcuts={all.filter((shortcut) => shortcut.here !== true)} />
      <div className="shortcut shortcut-letters">
        <span>
          {words.shortcuts.letters}
          <small>{words.shortcuts.lettersWhat}</small>
        </span>
        <Switch
          label={words.shortcuts.letters}
          checked={letters}
          onChange={({ target }) => chooseLetters(target.checked)}
        />
      </div>
    </Dialog>
  );
}

function List({ title, shortcuts }: { readonly title: string; readonly shortcuts: readonly Shortcut[] }) {
  return (
    <section className="shortcuts">
      <h3>{title}</h3>
      <dl>
        {shortcuts.map(({ keys, what }) => (
          <div key={keys} className="shortcut">
            <dt>{what}</dt>
            <dd>
              <KeyCaps keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
