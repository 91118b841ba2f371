/** How a job ended that has no error; else its outcome is the code of the error. */
export const OUTCOME_COMPLETED = 'completed';
