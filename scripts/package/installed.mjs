import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from '../project.mjs'

/** The version of a package that the server uses, exact. */
export function installedVersion(name) {
  return JSON.parse(readFileSync(join(projectDir, 'server/node_modules', name, 'package.json'), 'utf8')).version
}
