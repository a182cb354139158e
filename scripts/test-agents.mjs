import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runNpm } from './npm.mjs'
import { prepare } from './prepare.mjs'
import { projectDir } from './project.mjs'
import { runHere } from './run-here.mjs'

/** `npm run test:agents [-- NAME…]`: a gigabyte of real agents is fetched the first time, so no other command does. */
export async function main({ args }) {
  await prepare()
  const { AGENTS } = await import('../server/test/agents/agents.ts')
  const folder = join(projectDir, 'node_modules/.cache/agentos/agents')
  mkdirSync(folder, { recursive: true })
  const chosen = AGENTS.filter(({ name }) => args.length === 0 || args.includes(name))
  const packages = chosen.flatMap(({ npmPackage, acp }) => acp?.npmPackage ? [npmPackage, acp.npmPackage] : [npmPackage])
  if (packages.length > 0)
    await runNpm('installing agents', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--prefer-offline', ...packages])
  await runHere('server/test/agents/main.ts', [folder, ...args])
}
