import { describe, expect, it } from '@jest/globals';
import { runShownTests } from '../docs/shown-tests.js';
import { requireClients } from './stand/packages.js';
import { jsWorkshop } from './stand/page-code.js';

describe('docs/testing-your-application.md', () => {
  it('has a test with an OpenFeature client that passes as it stands', async () => {
    requireClients();
    const folder = jsWorkshop('testing-your-application');
    expect(await runShownTests('open-feature.test.js', folder)).toEqual({ passed: 2, of: 2 });
  });
});
