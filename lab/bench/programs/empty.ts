// A TypeScript program that declares nothing: what the engine and Node.js cost by themselves.
export const nothing = true;
