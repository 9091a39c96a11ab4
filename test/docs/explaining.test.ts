import { describePage } from './page-test.js';

describePage('explaining.md');
