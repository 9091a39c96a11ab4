import { expect, it } from '@jest/globals';
import { authenticatorOf } from '../../src/identity/authenticator-of.js';
import { JWT_OPTIONS, personToken } from '../../src/rest/testing/rest-stand.js';
import type { ServiceSet } from '../../src/services/service-set.js';
import type { Claims } from '../../src/services/users/users.js';
import { describeOnEachEngine, type Engine } from './stands/engines.js';
import { OPERATOR, type UseCaseStand } from './stands/use-case-stand.js';

/** A server as JWT_SYNC sees it, which has just started: it remembers no token. */
function startedOn({ services }: UseCaseStand) {
  const writes: Promise<void>[] = [];
  const users = {
    writeClaims: (claims: Claims) => {
      const write = services.users.writeClaims(claims);
      writes.push(write);
      return write;
    },
  };
  const authenticator = authenticatorOf({
    services: { ...services, users: users as ServiceSet['users'] },
    jwt: { ...JWT_OPTIONS, sync: true },
  });
  return async (...claims: readonly object[]): Promise<void> => {
    for (const one of claims)
      await authenticator.caller({ headers: { authorization: `Bearer ${await personToken({ ...one })}` }, ip: '::1' });
    await Promise.all(writes);
  };
}

const START_S = Math.floor(Date.now() / 1_000) - 100;
const claimsOf = (sub: string, iat: number | undefined, org: string, ...roles: string[]) => ({ sub, iat, org, roles });

describeOnEachEngine('claims that are written to users', (engine: Engine) => {
  it('are those of the token that was issued last, whichever server sees which', async () => {
    const stand = await engine.compose();
    const stored = async (id: string) => {
      const { organizationId, roles, revision } = await stand.services.users.get(OPERATOR, id);
      return [organizationId, roles.join(), revision];
    };
    const [one, other] = [startedOn(stand), startedOn(stand)];
    await one(claimsOf('ada', START_S + 20, 'b', 'employee'));
    await other(claimsOf('ada', START_S + 10, 'a', 'manager'));
    expect(await stored('ada')).toEqual(['b', 'employee', 1]);

    // The same again says how new it is, so that what was issued in between says nothing.
    await other(claimsOf('ada', START_S + 40, 'b', 'employee'));
    await one(claimsOf('ada', START_S + 30, 'c', 'admin'));
    expect(await stored('ada')).toEqual(['b', 'employee', 1]);
    await one(claimsOf('ada', START_S + 50, 'c', 'admin'));
    expect(await stored('ada')).toEqual(['c', 'admin', 2]);
  });

  it('are not those of an older token after a restart', async () => {
    await startedOn(await engine.compose())(claimsOf('bo', START_S + 20, 'b', 'employee'));
    const stand = await engine.compose();
    await startedOn(stand)(claimsOf('bo', START_S + 10, 'a', 'manager'));
    expect(await stand.services.users.get(OPERATOR, 'bo')).toMatchObject({ organizationId: 'b', roles: ['employee'] });
  });

  it('are not those of a token that does not say when it was issued, once one does', async () => {
    const stand = await engine.compose();
    const organizationOf = async (id: string) => (await stand.services.users.get(OPERATOR, id)).organizationId;
    const server = startedOn(stand);
    await server(claimsOf('cy', undefined, 'a'));
    await startedOn(stand)(claimsOf('cy', undefined, 'b'));
    expect(await organizationOf('cy')).toBe('b');
    await server(claimsOf('cy', START_S, 'c'));
    await server(claimsOf('cy', undefined, 'd'));
    await startedOn(stand)(claimsOf('cy', undefined, 'd'));
    expect(await organizationOf('cy')).toBe('c');
  });

  it('of a token from the future do not outlast those of the next', async () => {
    const stand = await engine.compose();
    await startedOn(stand)(claimsOf('di', START_S + 1e9, 'a'));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    await startedOn(stand)(claimsOf('di', Math.floor(Date.now() / 1_000), 'b'));
    expect(await stand.services.users.get(OPERATOR, 'di')).toMatchObject({ organizationId: 'b' });
  });

  it('are forgotten with the user, and when they were issued with them', async () => {
    const stand = await engine.compose();
    await startedOn(stand)(claimsOf('ed', START_S + 20, 'b'));
    await stand.services.userDeletion.delete(OPERATOR, { userId: 'ed', comment: 'the account was closed' });
    await startedOn(stand)(claimsOf('ed', START_S + 10, 'a'));
    expect(await stand.services.users.get(OPERATOR, 'ed')).toMatchObject({ organizationId: 'a' });
  });
});
