import { describePage } from './page-test.js';

describePage('onboarding.md');
