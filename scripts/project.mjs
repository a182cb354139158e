import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of this checkout. */
export const projectDir = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

export const runtimeDir = join(projectDir, '.runtime')

export const NODE_FLOOR = [24, 11]
export const NODE_BROUGHT = '24.21.0'
export const PNPM = 'pnpm@12.21.0'
