/** An id that no process has or will have, as one that has ended: Linux gives none above 2^22. */
export const noProcess = 2 ** 22 + 1;
