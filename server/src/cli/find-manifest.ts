import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import process from 'node:process'
import { CommandError } from './failure.ts'

export interface ManifestFile {
  path: string
  source: string
}

/** Reads the manifest that a name or path means; a miss names every place that was searched. Exit code 127: not found. */
export async function findManifest(name: string, projectDir: string): Promise<ManifestFile> {
  const places = placesOf(name, projectDir)
  for (const path of places) {
    if (await isFile(path))
      return { path, source: await read(path) }
  }
  throw new CommandError(`no agent and no manifest is called ${JSON.stringify(name)}; searched:\n${['  the agents that the server knows', ...places.map(path => `  ${path}`)].join('\n')}`, 127)
}

function placesOf(name: string, projectDir: string): string[] {
  const names = /\.(?:ya?ml|json)$/.test(name) ? [name] : [name, `${name}.yaml`, `${name}.yml`]
  if (isAbsolute(name))
    return names
  const folders = [process.cwd(), homedir(), projectDir, join(projectDir, 'agents'), join(projectDir, 'examples')]
  return [...new Set(folders.flatMap(folder => names.map(each => resolve(folder, each))))]
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(found => found.isFile(), () => false)
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  }
  catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError(`cannot read ${path}: ${message}`, code === 'EACCES' ? 126 : 1)
  }
}
