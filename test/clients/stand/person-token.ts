import { SignJWT } from 'jose';
import { JWT_SECRET } from './clients-server.js';

/** A JWT of this person, as the application's own sign-in would give them. */
export function personToken(sub: string): Promise<string> {
  return new SignJWT({ sub })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(JWT_SECRET));
}
