import { expect, it } from '@jest/globals';
import { unknownOrganization } from '../../core/states/organization-state.js';
import type { EventStream } from './event-stream.js';
import { NamedOrganizations } from './named-organizations.js';

const streamOf = (organizationId: string) => ({ organizationId }) as EventStream;

function start() {
  const told: EventStream[] = [];
  const stored = { revision: 1 };
  const organizations = {
    load: async (ids: readonly string[]) =>
      new Map(ids.map((id) => [id, { state: { ...unknownOrganization(id), ...stored }, stale: false }])),
  };
  const named = new NamedOrganizations({ organizations, onWrite: (stream) => void told.push(stream) });
  return { named, told, stored };
}

it('tells the streams that name an organization of each of its writes once, by notice or without', async () => {
  const { named, told, stored } = start();
  const [acme, globex, none] = [streamOf('acme'), streamOf('globex'), streamOf('')];
  for (const stream of [acme, globex, none]) named.add(stream);
  await named.sweep(10_000);
  expect(told).toEqual([]);
  named.changed([{ id: 'acme', revision: 2 }]);
  named.changed([{ id: 'acme', revision: 2 }]);
  expect(told).toEqual([acme]);
  stored.revision = 2;
  // The notice of the other one was lost.
  await named.sweep(20_000);
  expect(told).toEqual([acme, globex]);
  await named.sweep(30_000);
  expect(told).toEqual([acme, globex]);
});

it('tells of writes once the store was restored, whose revisions are lower than those of before', async () => {
  const { named, told, stored } = start();
  const acme = streamOf('acme');
  named.add(acme);
  named.changed([{ id: 'acme', revision: 9 }]);
  const asked = named.sweep(10_000);
  named.restart();
  stored.revision = 2;
  await asked;
  named.changed([{ id: 'acme', revision: 3 }]);
  stored.revision = 4;
  await named.sweep(20_000);
  expect(told).toEqual([acme, acme, acme]);
});

it('forgets streams that have ended', () => {
  const { named, told } = start();
  const stream = streamOf('acme');
  named.add(stream);
  named.delete(stream);
  named.changed([{ id: 'acme', revision: 2 }]);
  expect(told).toEqual([]);
});
