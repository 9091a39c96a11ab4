import { hearTabs, tellTabs } from './tabs.js';

/** Other tabs are told no more often that the session is in use: that keeps it for hours. */
const TELL_EVERY_MS = 30_000;

let usedAt = Date.now();
let toldAt = 0;

/** Notes that the server has answered a call by the session: one that is used goes on. */
export function noteSessionUse(): void {
  usedAt = Date.now();
  if (usedAt - toldAt < TELL_EVERY_MS) return;
  toldAt = usedAt;
  tellTabs({ type: 'used' });
}

/** When the session was used last by this browser, in any of its tabs, in epoch milliseconds. */
export function sessionUsedAt(): number {
  return usedAt;
}

hearTabs(({ type }) => {
  if (type === 'used') usedAt = Date.now();
});
