import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/api.js';
import { later } from '../../parts/loading/later.js';
import { Optional } from '../../parts/loading/optional.js';
import { Missing } from '../../parts/missing/missing.js';
import { useMay, useSession } from '../../parts/page/session-context.js';
import { Button } from '../../ui/button.js';
import { AddIcon } from '../../ui/icons.js';
import { missingWords } from '../../words/missing-words.js';

const NewOrganization = later(() => import('../organizations/new-organization.js'));

/** Says so where nobody, no row and no description names the organization: its page has all parts, as rows may be put before it is known. */
export function UnknownOrganization({ id }: { readonly id: string }) {
  const { caller } = useSession();
  const mayMake = useMay('SetOrganization');
  const mayList = useMay('ListOrganizations') && caller.organization_id === '';
  const [making, setMaking] = useState(false);
  const { data } = useQuery({
    queryKey: ['organizations', id, 'known'],
    // Those that begin with it come by their ids, so it is the first where it is there.
    queryFn: ({ signal }) => call('GET /api/admin/organizations', { query: { q: id, page_size: 1 }, signal }),
    enabled: mayList,
  });
  if (data === undefined || data.organizations.some((each) => each.id === id)) return null;
  return (
    <>
      <Missing
        kind="organization"
        id={id}
        make={
          mayMake && (
            <Button kind="primary" icon={<AddIcon aria-hidden />} onClick={() => setMaking(true)}>
              {missingWords.make.organization}
            </Button>
          )
        }
      />
      <Optional key={String(making)}>
        {making && <NewOrganization idAtFirst={id} onClose={() => setMaking(false)} />}
      </Optional>
    </>
  );
}
