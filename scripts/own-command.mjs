import { chmodSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { projectDir } from './project.mjs'

/**
 * Puts `agentos` among the commands of node_modules, so that `npx agentos` runs it at once. With a `bin` in package.json npx
 * would copy the project's own dependency tree in its head on each call: 2.5 s.
 */
export function layOwnCommand() {
  const path = join(projectDir, 'node_modules/.bin/agentos')
  rmSync(path, { force: true })
  if (process.platform === 'win32') {
    writeFileSync(`${path}.cmd`, '@node "%~dp0\\..\\..\\bin\\agentos.mjs" %*\r\n')
    writeFileSync(path, '#!/bin/sh\nexec node "$(dirname "$0")/../../bin/agentos.mjs" "$@"\n')
    return
  }
  chmodSync(join(projectDir, 'bin/agentos.mjs'), 0o755)
  symlinkSync('../../bin/agentos.mjs', path)
}
