import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'
import { findSettingsFile } from './data-dir.ts'

/**
 * The environment and the settings file, over which the environment wins; an empty value counts as not set.
 * @throws {ConfigError} when the file cannot be read
 */
export function readSettings(env: Record<string, string | undefined>, projectDir: string): Record<string, string> {
  const { values, environment } = readSources(env, projectDir)
  return { ...values, ...environment }
}

/** `values`: those of the file. */
export interface Sources { file: string, values: Record<string, string>, environment: Record<string, string> }

/** The same, apart. */
export function readSources(env: Record<string, string | undefined>, projectDir: string): Sources {
  const file = findSettingsFile(projectDir, env)
  return { file, values: withoutEmpty(readDotEnv(file)), environment: withoutEmpty(env) }
}

function readDotEnv(file: string): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  }
  catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      return {}
    throw new ConfigError('.env', `expected a file that can be read, got ${code} for ${file}`)
  }
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).flatMap(([name, value]) => value?.trim() ? [[name, value.trim()]] : []))
}
