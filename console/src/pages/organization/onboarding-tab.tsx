import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/api.js';
import { Funnel } from '../../parts/funnel.js';
import { Unanswered } from '../../parts/page/unanswered.js';
import { OnboardingIcon } from '../../ui/icons.js';
import { Notice } from '../../ui/page-states.js';
import { words } from '../../words/customers-words.js';

const REFRESH_MS = 10_000;

/** How far the organization's people have come. */
export default function OnboardingTab({ id }: { readonly id: string }) {
  const { onboarding: text } = words;
  const { data, error, refetch } = useQuery({
    queryKey: ['onboarding', 'funnel', id, ''],
    queryFn: ({ signal }) =>
      call('GET /api/admin/organizations/{organization_id}/onboarding', { path: { organization_id: id }, signal }),
    refetchInterval: REFRESH_MS,
  });
  if (data === undefined) return <Unanswered error={error} onAgain={() => void refetch()} />;
  if (data.stages.length === 0)
    return (
      <Notice icon={<OnboardingIcon />} title={text.nobody}>
        <p>{text.emptyWhat}</p>
      </Notice>
    );
  return (
    <>
      {!data.whole && <p className="page-what">{text.part}</p>}
      <Funnel stages={data.stages} organization={id} />
    </>
  );
}
