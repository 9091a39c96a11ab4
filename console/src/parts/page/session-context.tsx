import { createContext, useContext } from 'react';
import type { Session } from '../../api/session.js';

const SessionContext = createContext<Session | undefined>(undefined);

export const SessionProvider = SessionContext.Provider;

/** Who is signed in. Below the gate alone, where somebody always is. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('nobody is signed in here');
  return session;
}

/** The same, where a page may come before anybody is signed in. */
export function useSessionIfAny(): Session | undefined {
  return useContext(SessionContext);
}

/** Whether who is signed in may call an operation, by its name: `SetFlag`. What they may not is not shown. */
export function useMay(operation: string): boolean {
  return useSession().operations.includes(operation);
}

/** Whether who is signed in may make flags: those bound to an organization change rows of flags that there are. */
export function useMayMakeFlags(): boolean {
  const { caller } = useSession();
  return useMay('SetFlag') && caller.organization_id === '';
}
