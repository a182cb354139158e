import { prepare } from './prepare.mjs'

/** vitest asks for this before tests that run the program: what they run is what the sources say. */
export async function setup() {
  await prepare(['packages', 'database', 'program'])
}
