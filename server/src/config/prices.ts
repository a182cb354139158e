import type { PriceTable } from '../domain/price.ts'
import { readFileSync } from 'node:fs'
import { parsePriceFile } from '../domain/price-file.ts'
import { ConfigError } from './config-error.ts'
import { resolveGiven } from './data-dir.ts'

/** @throws {ConfigError} when the file cannot be read or says what is no price list */
export function readPrices(path: string, projectDir: string): PriceTable {
  const file = resolveGiven('AGENTOS_PRICES', path, projectDir)
  const result = parsePriceFile(read(file))
  if (!result.ok)
    throw new ConfigError('AGENTOS_PRICES', `${file}: ${result.problem}`)
  return result.table
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  }
  catch (error) {
    throw new ConfigError('AGENTOS_PRICES', `expected a file that can be read, got ${(error as NodeJS.ErrnoException).code} for ${file}`)
  }
}
