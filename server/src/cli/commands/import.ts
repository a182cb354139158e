import type { ManifestProblem } from '../../domain/views/agent.ts'
import { open, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { modernise } from '../../domain/manifest/modernise.ts'
import { CommandError } from '../failure.ts'
import { importRuntime } from '../import-runtime.ts'
import { jsonLine } from '../print/json-line.ts'
import { print } from '../print/out.ts'

/** What the Python prototype has left: manifests in its words, or its runtime.db. */
export async function importPrototype(path: string, options: { to?: string, json?: boolean }): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (!found)
    throw new CommandError(`${resolve(path)} does not exist: name a manifest, a folder of manifests, or the prototype's runtime.db (~/.agentos/runtime.db)`, 127)
  if (found.isFile() && await isSqlite(path))
    return showRuntime(await importRuntime(path), options.json ?? false)
  const files = found.isDirectory() ? (await readdir(path)).filter(name => /\.ya?ml$/.test(name)).sort().map(name => join(path, name)) : [path]
  if (files.length === 0)
    throw new CommandError(`${resolve(path)} has no manifest in it: expected files that end with .yaml or .yml`)
  await importManifests(files, resolve(options.to ?? '.'), options.json ?? false)
}

async function isSqlite(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0)
    return bytesRead === 16 && buffer.toString('latin1', 0, 15) === 'SQLite format 3'
  }
  finally {
    await file.close()
  }
}

/** Each under the name of its agent, never over a file that exists. One that is wrong does not stop the others. */
async function importManifests(files: string[], folder: string, json: boolean): Promise<void> {
  let failed = 0
  const tell = (about: Record<string, unknown>, text: string): void => print(json ? jsonLine(about) : `${text}\n`)
  for (const file of files) {
    const read = modernise(await readFile(file, 'utf8'), { file: basename(file) })
    if (!read.ok) {
      failed++
      tell({ file, problems: read.problems }, `${file} is not imported:\n${read.problems.map(inWords).join('\n')}`)
      continue
    }
    const to = join(folder, `${read.name}.yaml`)
    const isWritten = await writeFile(to, read.text, { flag: 'wx' }).then(() => true, (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST')
        return false
      throw error
    })
    failed += isWritten ? 0 : 1
    const said = read.notices.length > 0 ? read.notices.map(notice => `  ${notice}`).join('\n') : '  it has today\'s words already'
    tell({ file, to: isWritten ? to : null, notices: read.notices }, isWritten ? `${file} → ${to}\n${said}` : `${file} is not imported: ${to} exists already; name another folder with --to`)
  }
  if (failed > 0)
    throw new CommandError(`${failed} of ${files.length} manifests were not imported`)
}

function inWords({ line, column, key, expected, received }: ManifestProblem): string {
  return `  ${line}:${column} ${key}: expected ${expected}, received ${received}`
}

function showRuntime(result: Awaited<ReturnType<typeof importRuntime>>, json: boolean): void {
  if (json)
    return print(jsonLine(result))
  print(`${result.runs} ended runs imported${result.known > 0 ? `, ${result.known} were here already` : ''}\n`)
  if (result.agents.length > 0)
    print(`Agents of which only the runs are here: ${result.agents.join(', ')}. Import their manifests, or save ones of these names.\n`)
  if (result.schedules.length > 0)
    print(`Schedules are not taken over. What to type once a server runs:\n${result.schedules.map(line => `  ${line}\n`).join('')}`)
}
