import { describePage } from './page-test.js';

describePage('finding.md');
