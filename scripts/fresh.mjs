import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectDir as here } from './project.mjs'

const SKIPPED = new Set(['node_modules', 'dist', 'generated', '.git', 'test-results'])

/**
 * Tells whether what was made from some files is still good: by their content, kept in a stamp file. Sizes and times are
 * compared first, so that a fresh answer costs a few milliseconds.
 * @param {{ stamp: string, sources: string[], extra?: string, isSource?: (path: string) => boolean }} made paths relative to the
 * project; `extra` is anything else that it depends on
 */
export function isFresh({ stamp, sources, extra = '', isSource = () => true }, projectDir = here) {
  const kept = readStamp(projectDir, stamp)
  if (!kept)
    return false
  const files = list(projectDir, sources, isSource)
  const glance = glanceOf(files, extra)
  if (kept.glance === glance)
    return true
  if (kept.content !== contentOf(projectDir, files, extra))
    return false
  writeStamp(projectDir, stamp, { ...kept, glance })
  return true
}

export function markFresh({ stamp, sources, extra = '', isSource = () => true }, projectDir = here) {
  const files = list(projectDir, sources, isSource)
  writeStamp(projectDir, stamp, { glance: glanceOf(files, extra), content: contentOf(projectDir, files, extra) })
}

function list(projectDir, sources, isSource) {
  const files = []
  const visit = (path) => {
    const info = statSync(join(projectDir, path), { throwIfNoEntry: false })
    if (info?.isFile() && isSource(path))
      files.push({ path, size: info.size, mtimeMs: info.mtimeMs })
    if (info?.isDirectory()) {
      for (const name of readdirSync(join(projectDir, path)).sort()) {
        if (!SKIPPED.has(name))
          visit(`${path}/${name}`)
      }
    }
  }
  sources.forEach(visit)
  return files
}

function glanceOf(files, extra) {
  return digest([extra, ...files.map(file => `${file.path}:${file.size}:${file.mtimeMs}`)])
}

function contentOf(projectDir, files, extra) {
  return digest([extra, ...files.flatMap(file => [file.path, readFileSync(join(projectDir, file.path))])])
}

function digest(parts) {
  const hash = createHash('sha256')
  for (const part of parts)
    hash.update(part).update('\0')
  return hash.digest('hex')
}

function readStamp(projectDir, stamp) {
  try {
    return JSON.parse(readFileSync(join(projectDir, stamp), 'utf8'))
  }
  catch {
    return null
  }
}

function writeStamp(projectDir, stamp, value) {
  mkdirSync(dirname(join(projectDir, stamp)), { recursive: true })
  writeFileSync(join(projectDir, stamp), JSON.stringify(value))
}
