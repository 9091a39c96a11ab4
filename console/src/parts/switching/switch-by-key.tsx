import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { FeatureFlag } from '../../../../src/protocol/gen/admin-json.js';
import { call } from '../../api/api.js';
import { tell } from '../../ui/toasts.js';
import { words } from '../../words/switch-words.js';
import SwitchDialog from './switch-dialog.js';

export interface SwitchByKeyProps {
  readonly flag: string;
  /** Whether it is to be on. */
  readonly to: boolean;
  readonly onClose: () => void;
}

/** Asks before a flag is switched that is not on the page, once it is known how it is now. */
export default function SwitchByKey({ flag: key, to, onClose }: SwitchByKeyProps) {
  const { switching } = words;
  const { data, error } = useQuery({
    queryKey: ['flag', key, 'to switch'],
    queryFn: ({ signal }) => call('GET /api/admin/flags/{flag}', { path: { flag: key }, signal }),
    gcTime: 0,
    staleTime: 0,
  });
  // As it was when somebody asked: what becomes of it meanwhile the dialog tells when it is saved.
  const [held, setHeld] = useState<FeatureFlag>();
  const flag = data?.flag;
  const needless = flag !== undefined && (flag.archived === true || (flag.active === true) === to);
  if (held === undefined && flag !== undefined && !needless) setHeld(flag);
  useEffect(() => {
    if (held !== undefined) return;
    if (error !== null) tell({ kind: 'failed', title: words.states.failed, what: error.message });
    else if (flag?.archived === true)
      tell({ kind: 'failed', title: switching.archived(key), what: switching.archivedWhat });
    else if (needless) tell({ kind: 'done', title: switching.already(key, to) });
    else return;
    onClose();
  });
  if (held === undefined) return null;
  return <SwitchDialog flag={held} to={to} onClose={onClose} />;
}
