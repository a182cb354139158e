import type { Redactor } from '../domain/redact/redactor.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { ExecutorHost } from '../executor/host.ts'
import type { SandboxSpec } from '../executor/protocol/input.ts'
import type { ClaimedRun } from '../queue/port.ts'
import type { AttemptServices } from './attempt-services.ts'
import { createRedactor } from '../domain/redact/redactor.ts'
import { chooseIsolation } from './isolation.ts'
import { findPrograms } from './programs.ts'
import { whyUnpriced } from './refusal.ts'
import { whyNoNetwork } from './run-network.ts'

/** What a run is given, decided before anything of it starts. */
export interface Grants {
  level: IsolationLevel
  /** Values by the names that the manifest lists. */
  secrets: Record<string, string>
  redactor: Redactor
  programs: Pick<SandboxSpec, 'programs' | 'path'>
}

/** All that the manifest asks for, or the sentence that says what cannot be had. */
export async function grant(services: AttemptServices, { run, agent }: ClaimedRun): Promise<{ ok: true, grants: Grants } | { ok: false, problem: string }> {
  const { manifest } = agent
  const isolation = await isolationOf(services.host, run.isolation ?? manifest.isolation)
  if (!isolation.ok)
    return isolation
  const { level } = isolation
  const unpriced = whyUnpriced(manifest, services.gateway)
  if (unpriced !== null)
    return { ok: false, problem: unpriced }
  const secrets = await services.vault.open(agent.organisationId, manifest.secrets)
  if (!secrets.ok)
    return secrets
  const unheld = whyNoNetwork(manifest.network, level)
  if (unheld !== null)
    return { ok: false, problem: unheld }
  const programs = await findPrograms({ names: manifest.programs, dir: services.programsDir, level, runUser: services.place.runUser })
  if (!programs.ok)
    return programs
  return { ok: true, grants: { level, secrets: secrets.values, redactor: redactorFor(services, secrets.values), programs } }
}

async function isolationOf(host: ExecutorHost, wanted: IsolationLevel | null): Promise<ReturnType<typeof chooseIsolation>> {
  return chooseIsolation(wanted, wanted === 'container' ? await host.proved() : host.levels)
}

function redactorFor({ ownValues, ownRedactor }: AttemptServices, secrets: Record<string, string>): Redactor {
  const hidden = Object.entries(secrets).map(([name, value]) => ({ value, shown: `[secret ${name}]` }))
  return hidden.length === 0 ? ownRedactor : createRedactor([...hidden, ...ownValues])
}
