import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Actor } from '../store/actor.ts'
import type { AgentRow } from '../store/agents.ts'
import type { RouterServices } from './context.ts'
import { whyMissing } from '../secrets/vault.ts'

type Services = Pick<RouterServices, 'secrets'>

/** Why this manifest cannot run for want of a secret; null when all are stored. */
export async function missingSecrets({ secrets, actor }: Services & { actor: Actor }, manifest: Manifest): Promise<string | null> {
  return manifest.secrets.length === 0 ? null : whyMissing(manifest.secrets, await secrets.names(actor.organisationId))
}

/** The same for many agents, each organisation looked at once. */
export async function missingSecretsOf({ secrets }: Services, rows: AgentRow[]): Promise<(row: AgentRow) => string | null> {
  const organisations = [...new Set(rows.filter(row => row.manifest.secrets.length > 0).map(row => row.organisationId))]
  const stored = new Map(await Promise.all(organisations.map(async id => [id, await secrets.names(id)] as const)))
  return ({ organisationId, manifest }) => whyMissing(manifest.secrets, stored.get(organisationId) ?? [])
}
