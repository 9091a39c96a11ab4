import { useState } from 'react';
import { call } from '../../api/api.js';
import { More } from '../../parts/list/more.js';
import { usePaged } from '../../parts/list/paged.js';
import { useMay } from '../../parts/page/session-context.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { MakeToken } from '../../parts/tokens/make-token.js';
import { TokenTable } from '../../parts/tokens/token-table.js';
import { Button } from '../../ui/button.js';
import { AddIcon, EarnedIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import { tokenWords } from '../../words/token-words.js';

/** The tokens that are bound to the organization: made here, with a secret that is shown once. */
export default function TokensTab({ id }: { readonly id: string }) {
  const { tokens: text } = words.organization;
  const [making, setMaking] = useState(false);
  const mayMake = useMay('CreateToken');
  const { data, error, refetch, ...pages } = usePaged(['tokens', 'all'], (page_token, signal) =>
    call('GET /api/admin/tokens', { query: { page_token, page_size: 500 }, signal }),
  );
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  const tokens = data.pages.flatMap((page) => page.tokens).filter((token) => token.organization_id === id);
  const make = mayMake && (
    <Button kind="primary" className="push" icon={<AddIcon aria-hidden />} onClick={() => setMaking(true)}>
      {tokenWords.make}
    </Button>
  );
  return (
    <>
      {tokens.length === 0 ? (
        <Notice icon={<EarnedIcon />} title={text.empty} actions={make}>
          <p>{text.emptyWhat}</p>
        </Notice>
      ) : (
        <>
          <div className="page-line">
            <p className="page-what">{text.what}</p>
            {make}
          </div>
          <TokenTable tokens={tokens} organization={id} />
        </>
      )}
      <More {...pages} what={text.page} />
      {making && <MakeToken organization={id} onClose={() => setMaking(false)} />}
    </>
  );
}
