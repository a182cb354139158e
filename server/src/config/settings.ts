import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'

/** The checkout or the installed package. */
export const PROJECT_DIR = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '')

/**
 * The environment and the project's `.env`, over which the environment wins; an empty value counts as not set.
 * @throws {ConfigError} when the file cannot be read
 */
export function readSettings(env: Record<string, string | undefined>, projectDir = PROJECT_DIR): Record<string, string> {
  return { ...withoutEmpty(readDotEnv(projectDir)), ...withoutEmpty(env) }
}

function readDotEnv(projectDir: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(join(projectDir, '.env'), 'utf8'))
  }
  catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      return {}
    throw new ConfigError('.env', `expected a file that can be read, got ${code}`)
  }
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => value?.trim() ? [[name, value.trim()]] : []))
}
