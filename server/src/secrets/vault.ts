import type { SecretView } from '../domain/views/system.ts'
import type { Actor } from '../store/actor.ts'
import type { Database } from '../store/database.ts'
import { listSecretNames, listSecrets, readSealedSecrets, removeSecret, saveSecret } from '../store/secrets.ts'
import { createSealer } from './seal.ts'

/** The values that runs may use. They go in and are given to the worker; nobody reads them back. */
export interface Vault {
  /** A problem instead of a promise kept when there are too many. Names and values are checked by who asks. */
  set: (actor: Actor, name: string, value: string) => Promise<{ ok: true } | { ok: false, problem: string }>
  list: (organisationId: string) => Promise<SecretView[]>
  names: (organisationId: string) => Promise<string[]>
  remove: (organisationId: string, name: string) => Promise<boolean>
  /** For the worker alone: each value by its name, all or none. */
  open: (organisationId: string, names: string[]) => Promise<OpenedSecrets>
}

export type OpenedSecrets = { ok: true, values: Record<string, string> } | { ok: false, problem: string }

const MAX_SECRETS = 1000

export function createVault({ db, secretKey }: { db: Database, secretKey: string }): Vault {
  const sealer = createSealer(secretKey)

  return {
    async set(actor, name, value) {
      const { organisationId } = actor
      const known = await listSecretNames(db, organisationId)
      if (known.length >= MAX_SECRETS && !known.includes(name))
        return { ok: false, problem: `there are ${known.length} secrets already, and ${MAX_SECRETS} is the most: remove one first` }
      await saveSecret(db, actor, { name, sealed: sealer.seal(value, { organisationId, name }) })
      return { ok: true }
    },
    list: organisationId => listSecrets(db, organisationId),
    names: organisationId => listSecretNames(db, organisationId),
    remove: (organisationId, name) => removeSecret(db, organisationId, name),
    async open(organisationId, names) {
      if (names.length === 0)
        return { ok: true, values: {} }
      const sealed = new Map((await readSealedSecrets(db, organisationId, names)).map(secret => [secret.name, secret.sealed]))
      const missing = whyMissing(names, [...sealed.keys()])
      if (missing)
        return { ok: false, problem: missing }
      const values: Record<string, string> = {}
      for (const name of names) {
        const value = sealer.unseal(sealed.get(name)!, { organisationId, name }) // none is missing
        if (value === null)
          return { ok: false, problem: cannotOpen(name) }
        values[name] = value
      }
      return { ok: true, values }
    },
  }
}

/** Why a manifest that lists `wanted` cannot run while only `stored` are there; null when it can. */
export function whyMissing(wanted: string[], stored: string[]): string | null {
  const missing = [...new Set(wanted)].filter(name => !stored.includes(name))
  if (missing.length === 0)
    return null
  const commands = missing.map(name => `agentos secret set ${name}`).join(', ')
  return `${missing.length === 1 ? `The secret ${missing[0]} is` : `The secrets ${missing.join(', ')} are`} not stored here. What to do: ${commands}`
}

function cannotOpen(name: string): string {
  return `The secret ${name} cannot be opened with this AGENTOS_SECRET_KEY: it was sealed under another key, or its row was changed. What to do: start the server with the key that it had (AGENTOS_SECRET_KEY, or secret.key in the data folder), or store the value anew: agentos secret set ${name}`
}
