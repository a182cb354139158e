import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir as here, runtimeDir } from '../project.mjs'

/** Longer than npm takes from its first script to its last. */
const LEFT_OVER_MS = 5 * 60_000

/** Puts another package.json in the place of the checkout's own while npm packs. */
export function layManifest(make, projectDir = here, keptIn = runtimeDir) {
  const { manifest, kept } = filesOf(projectDir, keptIn)
  const own = JSON.parse(readFileSync(manifest, 'utf8'))
  mkdirSync(keptIn, { recursive: true })
  renameSync(manifest, kept)
  writeFileSync(manifest, `${JSON.stringify(make(own), null, 2)}\n`)
}

export function putManifestBack(projectDir = here, keptIn = runtimeDir) {
  const { manifest, kept } = filesOf(projectDir, keptIn)
  if (existsSync(kept))
    renameSync(kept, manifest)
}

/** An npm that was killed in between leaves the other one behind. `olderThanMs`: not one that is at work. */
export function putLeftOverBack(projectDir = here, keptIn = runtimeDir, olderThanMs = LEFT_OVER_MS) {
  const found = statSync(filesOf(projectDir, keptIn).kept, { throwIfNoEntry: false })
  if (found && Date.now() - found.ctimeMs > olderThanMs)
    putManifestBack(projectDir, keptIn)
}

function filesOf(projectDir, keptIn) {
  return { manifest: join(projectDir, 'package.json'), kept: join(keptIn, 'package.json.kept') }
}
