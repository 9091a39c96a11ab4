/** Jest calls this once after all tests: ends the servers that global-setup.mjs started, and removes their files. */
export default async function stopSharedServers() {
  // The first to be there is the folder that the others have their files in.
  for (const server of (globalThis.latchkeyTestServers ?? []).toReversed()) await server.stop();
}
