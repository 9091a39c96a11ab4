import { describePage } from './page-test.js';

describePage('openfeature.md');
