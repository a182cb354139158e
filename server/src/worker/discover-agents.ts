import type { Manifest } from '../domain/manifest/manifest.ts'
import type { ManifestProblem } from '../domain/views/agent.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifest } from '../domain/manifest/parse.ts'
import { saveAgent } from '../store/agents.ts'

export interface Discovered {
  /** Names of agents that are new or have changed. */
  saved: string[]
  /** How many manifests were read and are right. */
  found: number
  /** What is wrong with the others: told, never fatal. */
  problems: ManifestProblem[]
}

/** A manifest is a page of text; what is larger is none. */
const MAX_BYTES = 1024 * 1024

/** Reads every manifest in `folder` into the store. A folder that is not there holds none. */
export async function discoverAgents(db: Database, actor: Actor, folder: string): Promise<Discovered> {
  const outcome: Discovered = { saved: [], found: 0, problems: [] }
  const seen = new Map<string, string>()
  for (const path of await manifestsIn(folder)) {
    const read = await readManifest(path)
    if (!read.ok) {
      outcome.problems.push(...read.problems)
      continue
    }
    const { source, manifest, notices } = read
    const other = seen.get(manifest.name)
    if (other) {
      outcome.problems.push(problem(path, 'a name of its own', `${manifest.name}, which ${other} has already`, 'name'))
      continue
    }
    seen.set(manifest.name, path)
    outcome.found++
    const { changed } = await saveAgent(db, { actor, name: manifest.name, source, manifest, notices, path })
    if (changed)
      outcome.saved.push(manifest.name)
  }
  return outcome
}

async function manifestsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const names = entries.filter(entry => !entry.isDirectory() && /\.ya?ml$/.test(entry.name)).map(entry => entry.name).sort()
  return names.map(name => join(folder, name))
}

type Read = { ok: true, source: string, manifest: Manifest, notices: string[] } | { ok: false, problems: ManifestProblem[] }

async function readManifest(path: string): Promise<Read> {
  try {
    const { size } = await stat(path)
    if (size > MAX_BYTES)
      return { ok: false, problems: [problem(path, 'a manifest of at most 1 MiB', `${size} bytes`)] }
    const source = await readFile(path, 'utf8')
    const parsed = parseManifest(source, { file: path })
    return parsed.ok ? { ...parsed, source } : parsed
  }
  catch (error) {
    return { ok: false, problems: [problem(path, 'a file that can be read', (error as NodeJS.ErrnoException).code ?? String(error))] }
  }
}

function problem(file: string, expected: string, received: string, key = ''): ManifestProblem {
  return { file, line: 1, column: 1, key, expected, received, hint: null }
}
