import { describePage } from './page-test.js';

describePage('administration.md');
