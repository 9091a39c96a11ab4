import { useState } from 'react';
import { call } from '../../../api/api.js';
import { FilterField } from '../../../parts/list/filter-field.js';
import { More } from '../../../parts/list/more.js';
import { usePaged } from '../../../parts/list/paged.js';
import { useMay } from '../../../parts/page/session-context.js';
import { Unanswered } from '../../../parts/page/unanswered.js';
import { useNow } from '../../../parts/time/now.js';
import { MakeToken } from '../../../parts/tokens/make-token.js';
import { stateOf, TokenTable } from '../../../parts/tokens/token-table.js';
import { Button } from '../../../ui/button.js';
import { Select } from '../../../ui/field.js';
import { AddIcon, EarnedIcon, FindIcon } from '../../../ui/icons.js';
import { Notice } from '../../../ui/page-states.js';
import { settingsWords } from '../../../words/settings-words.js';
import { tokenWords } from '../../../words/token-words.js';
import type { SettingsSearch } from '../listing/settings-search.js';
import { useSettings } from '../listing/use-settings.js';

const text = settingsWords.tokens;
const SCOPES = ['evaluate', 'track', 'identify', 'manage', 'admin', 'test'];

/** All tokens, those first that may be used. */
export default function TokensTab() {
  const { search, set } = useSettings('tokens');
  const [making, setMaking] = useState(false);
  const mayMake = useMay('CreateToken');
  const { data, error, refetch, ...pages } = usePaged(['tokens', 'all'], (page_token, signal) =>
    call('GET /api/admin/tokens', { query: { page_token, page_size: 500 }, signal }),
  );
  const now = useNow().getTime();
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const { q = '', state = 'active', scope = '' } = search;
  const sought = q.toLowerCase();
  const all = data.pages.flatMap(({ tokens }) => tokens);
  const tokens = all.filter(
    (token) =>
      (state === 'all' || stateOf(token, now) === state) &&
      (scope === '' || token.scopes.includes(scope)) &&
      [token.name, token.id, token.organization_id].some((part) => part.toLowerCase().includes(sought)),
  );
  const filter = (part: SettingsSearch) => set(part);
  const make = mayMake && (
    <Button kind="primary" className="push" icon={<AddIcon aria-hidden />} onClick={() => setMaking(true)}>
      {tokenWords.make}
    </Button>
  );
  return (
    <>
      <search className="page-line">
        <FilterField
          label={text.filter}
          placeholder={text.filterWhat}
          icon={<FindIcon aria-hidden />}
          value={q}
          onFilter={(next) => filter({ q: next })}
        />
        <Select
          label={text.state}
          value={state}
          options={Object.entries(text.states).map(([value, label]) => ({ value, label }))}
          onChoose={(next) => filter({ state: next === 'active' ? '' : next })}
        />
        <Select
          label={text.scope}
          value={scope}
          options={[{ value: '', label: text.anyScope }, ...SCOPES.map((value) => ({ value, label: value }))]}
          onChoose={(next) => filter({ scope: next })}
        />
        {make}
      </search>
      {tokens.length > 0 ? (
        <TokenTable tokens={tokens} />
      ) : (
        <Notice
          role="status"
          icon={<EarnedIcon />}
          title={text.noMatch}
          actions={<Button onClick={() => filter({ q: '', state: 'all', scope: '' })}>{text.all}</Button>}
        >
          <p>{text.noMatchWhat}</p>
        </Notice>
      )}
      <More {...pages} what={text.older} />
      {making && <MakeToken onClose={() => setMaking(false)} />}
    </>
  );
}
