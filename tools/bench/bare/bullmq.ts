/** The name of the queue that BullMQ's API and its worker share. */
export const BULLMQ_QUEUE = 'weather';
