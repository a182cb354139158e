import { readFile, realpath } from 'node:fs/promises'
import { dirname, join, parse, relative, sep } from 'node:path'
import { parseManifest } from '../../domain/manifest/parse.ts'

interface NamedManifest {
  manifest: { name: string }
  /** Where it lies, or is said to lie. */
  manifestPath: string | null
}

/**
 * Every folder that a run of this manifest may start from, links resolved: the server's roots, the manifest's own folder,
 * and the project for the manifests that the project ships.
 */
export async function allowedRoots(rules: { roots: string[], projectDir: string }, asked: NamedManifest): Promise<string[]> {
  const roots = await serverRoots(rules)
  const own = await folderOfManifest(asked)
  if (own !== null) {
    const project = await realPathOf(rules.projectDir)
    roots.push(isWithin(join(project, 'agents'), own) ? project : own)
  }
  return [...new Set(roots)]
}

/** AGENTOS_WORKSPACE_ROOTS, links resolved; one that has gone since the start is no root. */
export async function serverRoots({ roots }: { roots: string[] }): Promise<string[]> {
  const found = await Promise.all(roots.map(root => realpath(root).catch(() => null)))
  return found.filter(root => root !== null)
}

export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && parse(way).root === '')
}

/** `path` itself when it is not there (yet). */
export async function realPathOf(path: string): Promise<string> {
  return realpath(path).catch(() => path)
}

/**
 * A path that is sent along with a manifest is only a claim: its folder counts when a manifest of this name really lies
 * there, so that nobody opens a folder of the server by naming it.
 */
async function folderOfManifest({ manifest, manifestPath }: NamedManifest): Promise<string | null> {
  if (manifestPath === null)
    return null
  try {
    const real = await realpath(manifestPath)
    const parsed = parseManifest(await readFile(real, 'utf8'), { file: real })
    const folder = dirname(real)
    return parsed.ok && parsed.manifest.name === manifest.name && folder !== parse(folder).root ? folder : null
  }
  catch {
    return null // no such file, or not ours to read
  }
}
