import { describeDeliveryQueue } from '../testing/delivery-queue-contract.js';
import { openEmbeddedDeliveryQueue } from './embedded-delivery-queue.js';

describeDeliveryQueue('embedded', { open: async () => openEmbeddedDeliveryQueue() });
