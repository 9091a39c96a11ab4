/**
 * What the console costs a browser, set against an empty page that the same browser loads in the same rounds.
 *
 *     npm run bench:console                        # the list of 10,000 flags, and a long stream of changes
 *     npm run bench:console -- --users=1000000     # finding and explaining somebody among a million people
 *
 * `FLAGS`, `CHANGES` and `ROUNDS` change its size. Needs Debian's Chromium.
 */
import { parseArgs } from 'node:util';
import { measureAmongFlags } from './among-flags.js';
import { measureAmongPeople } from './among-people.js';

const { users } = parseArgs({ options: { users: { type: 'string' } } }).values;
if (users === undefined) await measureAmongFlags();
else if (/^[1-9]\d{3,7}$/.test(users)) await measureAmongPeople(Number(users));
else throw new Error(`--users=${users} is no number from 1000 to 99999999`);
