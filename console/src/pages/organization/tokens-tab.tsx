import { useState } from 'react';
import { call } from '../../api/api.js';
import { usePaged } from '../../parts/list/paged.js';
import { Failure } from '../../parts/page/failure.js';
import { useMay } from '../../parts/page/session-context.js';
import { MakeToken } from '../../parts/tokens/make-token.js';
import { TokenTable } from '../../parts/tokens/token-table.js';
import { Button } from '../../ui/button.js';
import { AddIcon, EarnedIcon } from '../../ui/icons.js';
import { Notice, Patiently } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';
import { tokenWords } from '../../words/token-words.js';

/** The tokens that are bound to the organization: made here, with a secret that is shown once. */
export default function TokensTab({ id }: { readonly id: string }) {
  const { tokens: text } = words.organization;
  const [making, setMaking] = useState(false);
  const mayMake = useMay('CreateToken');
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = usePaged(
    ['tokens', 'all'],
    (page_token, signal) => call('GET /api/admin/tokens', { query: { page_token, page_size: 500 }, signal }),
  );
  if (data === undefined)
    return error === null ? (
      <Patiently>{words.states.loading}</Patiently>
    ) : (
      <Failure error={error} onAgain={() => void refetch()} />
    );
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
      {hasNextPage && (
        <div className="page-line">
          <span className="soft">{text.page}</span>
          <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.organization.more}
          </Button>
        </div>
      )}
      {making && <MakeToken organization={id} onClose={() => setMaking(false)} />}
    </>
  );
}
