import type { ServerProcess, SpawnOptions } from './process-harness.ts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './process-harness.ts'

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** `agentos …` in a pipe, to its end. */
export async function agentos(args: string[], at: string | ServerProcess, options: SpawnOptions = {}): Promise<Ended> {
  const spawned = runCommand(args, typeof at === 'string' ? at : at.dataDir, options)
  spawned.child.stdin?.end()
  const [code, signal] = await spawned.exited
  return { code, signal, stdout: spawned.stdout(), stderr: spawned.stderr() }
}

/** An event (`run --json`, `logs --json`) or a run (`ps --json`). */
export interface JsonLine {
  seq: number
  type: string
  data: Record<string, unknown>
  id: string
  status: string
}

/** Each line of standard output, which has to be JSON. */
export function jsonLines({ stdout }: Pick<Ended, 'stdout'>): JsonLine[] {
  return stdout.split('\n').filter(line => line !== '').map(line => JSON.parse(line) as JsonLine) // what is in it is what the tests are about
}

/** A manifest of one step in `folder`; answers with its path. */
export async function writeManifest(folder: string, name: string, run: string, more = ''): Promise<string> {
  const path = join(folder, `${name}.yaml`)
  await writeFile(path, `name: ${name}\nisolation: process\n${more.includes('effects:') ? '' : 'effects: tell\n'}${more}steps:\n  - name: work\n    run: |\n${run.split('\n').map(line => `      ${line}\n`).join('')}`)
  return path
}
