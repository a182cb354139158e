import { chmod, cp, mkdir, readFile, realpath } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Puts the scripted agent, and the packages that it needs, into a folder of programs, as npm would have. */
export async function installAgent(programsDir: string): Promise<void> {
  const sdk = await packageFolder(fileURLToPath(new URL('../../package.json', import.meta.url)), '@agentclientprotocol/sdk')
  const zod = await packageFolder(join(sdk, 'package.json'), 'zod')
  for (const [name, from] of [['@agentclientprotocol/sdk', sdk], ['zod', zod]] as const)
    await cp(from, join(programsDir, 'node_modules', name), { recursive: true, filter: path => !/\.(?:map|d\.ts|d\.cts|cjs)$|\/node_modules\/.*\/(?:src|node_modules)$/.test(path) })
  await mkdir(join(programsDir, 'bin'), { recursive: true })
  const bin = join(programsDir, 'bin', 'scripted-agent')
  await cp(fileURLToPath(new URL('./agent.mjs', import.meta.url)), bin)
  await chmod(bin, 0o755)
}

async function packageFolder(from: string, name: string): Promise<string> {
  let folder = dirname(createRequire(from).resolve(name))
  while (!await readFile(join(folder, 'package.json'), 'utf8').then(text => (JSON.parse(text) as { name?: string }).name === name, () => false))
    folder = dirname(folder)
  return realpath(folder)
}
