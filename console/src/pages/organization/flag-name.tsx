import { Link } from '@tanstack/react-router';
import type { Unlock } from '../../../../src/protocol/gen/admin-json.js';
import { useMay } from '../../parts/page/session-context.js';

/** A flag by its key, by its id once it is gone. */
export function FlagName({ flag_id, flag_key }: Pick<Unlock, 'flag_id' | 'flag_key'>) {
  const mayOpen = useMay('GetFlag');
  if (flag_key === '' || !mayOpen) return <code>{flag_key === '' ? flag_id : flag_key}</code>;
  return (
    <Link to="/flags/$key" params={{ key: flag_key }} search={{ tab: 'unlocks' }}>
      <code>{flag_key}</code>
    </Link>
  );
}
