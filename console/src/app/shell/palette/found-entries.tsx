import { useRouter } from '@tanstack/react-router';
import { FlagStateMark } from '../../../parts/flag-state.js';
import {
  HealthIcon as ActionIcon,
  FlagIcon,
  OnboardingIcon,
  OrganizationIcon,
  PersonIcon,
  SegmentIcon,
} from '../../../ui/icons.js';
import { type Entry, flagText } from './entry.js';
import type { Found } from './use-found.js';

/** What was found, each as a line that leads there. */
export function useFoundEntries({ flags, segments, users, organizations, stages, actions }: Found): readonly Entry[] {
  const router = useRouter();
  return [
    ...flags.map(
      (flag): Entry => ({
        id: `flag ${flag.key}`,
        kind: 'flags',
        icon: FlagIcon,
        text: flagText(flag),
        more: <FlagStateMark state={flag.state} />,
        run: () => void router.navigate({ to: '/flags/$key', params: { key: flag.key }, search: {} }),
      }),
    ),
    ...segments.map(
      ({ key, name }): Entry => ({
        id: `segment ${key}`,
        kind: 'segments',
        icon: SegmentIcon,
        text: name === '' ? key : flagText({ key, name }),
        run: () => void router.navigate({ to: '/segments/$key', params: { key }, search: {} }),
      }),
    ),
    ...users.map(
      ({ user_id: id, attributes }): Entry => ({
        id: `person ${id}`,
        kind: 'people',
        icon: PersonIcon,
        text: [id, ...attributes.map(({ value }) => value)].join('  '),
        run: () => void router.navigate({ to: '/people/$id', params: { id }, search: {} }),
      }),
    ),
    ...organizations.map(
      ({ id }): Entry => ({
        id: `organization ${id}`,
        kind: 'organizations',
        icon: OrganizationIcon,
        text: id,
        run: () => void router.navigate({ to: '/organizations/$id', params: { id }, search: {} }),
      }),
    ),
    ...stages.map(
      (stage): Entry => ({
        id: `stage ${stage}`,
        kind: 'stages',
        icon: OnboardingIcon,
        text: stage,
        run: () => void router.navigate({ to: '/onboarding/$stage', params: { stage }, search: {} }),
      }),
    ),
    ...actions.map(
      (action): Entry => ({
        id: `action ${action}`,
        kind: 'actions',
        icon: ActionIcon,
        text: action,
        run: () => void router.navigate({ to: '/actions', search: { action } }),
      }),
    ),
  ];
}
