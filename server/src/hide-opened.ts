import type { OwnLogger } from './logger.ts'
import type { Vault } from './secrets/vault.ts'

/** The same vault; what it opens is in no line of the log from then on. */
export function hideOpened(vault: Vault, logger: Pick<OwnLogger, 'hide'>): Vault {
  return {
    ...vault,
    async open(organisationId, names) {
      const opened = await vault.open(organisationId, names)
      if (opened.ok)
        logger.hide(Object.entries(opened.values).map(([name, value]) => ({ value, shown: `[secret ${name}]` })))
      return opened
    },
  }
}
