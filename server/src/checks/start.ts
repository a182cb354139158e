import type { Config } from '../config/config.ts'
import type { Check } from './check.ts'
import { checkDisk, checkNode } from './machine.ts'
import { checkSecretKey } from './secret-key.ts'

/** What a start looks at before anything is opened: of the doctor's checks those that cost nothing. The others show themselves at a start. */
export async function checksOfStart({ secretKey, dataDir }: Pick<Config, 'secretKey' | 'dataDir'>): Promise<Check[]> {
  return [checkNode(), checkSecretKey(secretKey), await checkDisk(dataDir)]
}

/** Something without which a start would be wrong. The message is one line that says what to do. */
export class StartError extends Error {
  override name = 'StartError'
}

/** Warns once of each that is not as it should be. @throws {StartError} for the first error */
export function heed(checks: Check[], warn: (about: object, message: string) => void): void {
  for (const { name, result, found, mend = '' } of checks) {
    if (result === 'error')
      throw new StartError(`${name}: ${found}. What to do: ${mend}`)
    if (result === 'warning')
      warn({ check: name }, `${found} (agentos doctor says what to do)`)
  }
}
