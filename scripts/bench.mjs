import { prepare } from './prepare.mjs'
import { runHere } from './start.mjs'

export async function main({ args }) {
  await prepare()
  await runHere('bench/src/main.ts', args)
}
