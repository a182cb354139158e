import { prepare } from './prepare.mjs'
import { runHere } from './run-here.mjs'

/** What takes minutes, and is run by itself. */
const ENTRIES = {
  'bench': 'bench/src/main.ts',
  'test:kills': 'server/test/kills/main.ts',
  'test:faults': 'server/test/faults/main.ts',
}

export async function main({ command, args }) {
  await prepare()
  await runHere(ENTRIES[command], args)
}
