/** Jest calls this once after all tests: ends the servers that global-setup.mjs started, and removes their files. */
export default async function stopSharedServers() {
  await Promise.all((globalThis.latchkeyTestServers ?? []).map((server) => server.stop()));
}
