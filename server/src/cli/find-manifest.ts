import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import process from 'node:process'
import { PROJECT_DIR } from '../program-files.ts'
import { CommandError } from './failure.ts'

export interface ManifestFile {
  path: string
  source: string
}

/** The first manifest that a name or path means; null when there is none at any of the searched places. */
export async function readManifest(name: string): Promise<ManifestFile | null> {
  for (const path of searchedPlaces(name)) {
    if (await isFile(path))
      return { path, source: await read(path) }
  }
  return null
}

/** The path as given, the current folder, the home folder, the project, its agents/ and examples/. */
export function searchedPlaces(name: string): string[] {
  const names = /\.(?:ya?ml|json)$/.test(name) ? [name] : [`${name}.yaml`, `${name}.yml`]
  if (isAbsolute(name))
    return [...new Set([name, ...names])]
  const folders = [process.cwd(), homedir(), PROJECT_DIR, join(PROJECT_DIR, 'agents'), join(PROJECT_DIR, 'examples')]
  return [...new Set([resolve(name), ...folders.flatMap(folder => names.map(each => resolve(folder, each)))])]
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
