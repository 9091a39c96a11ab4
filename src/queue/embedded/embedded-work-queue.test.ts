import { describeWorkQueue } from '../testing/queue-contract.js';
import { openEmbeddedWorkQueue } from './embedded-work-queue.js';

describeWorkQueue('embedded', { open: async () => openEmbeddedWorkQueue() });
