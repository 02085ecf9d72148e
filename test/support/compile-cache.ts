/** Where Node.js keeps what it has compiled: for programs that are started with an environment of their own. */
const { NODE_COMPILE_CACHE } = process.env;

/** The variable as `npm test` has it; none where it has none. */
export const compileCache: NodeJS.ProcessEnv = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
