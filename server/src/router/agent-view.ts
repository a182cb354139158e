import type { Manifest } from '../domain/manifest/manifest.ts'
import type { AgentDetail, AgentView } from '../domain/views/agent.ts'
import type { AgentRow } from '../store/agents.ts'
import type { RouterServices } from './context.ts'
import { dirname, resolve } from 'node:path'
import { isGitUrl } from '../domain/git-address.ts'
import { formatDuration } from '../domain/manifest/units.ts'
import { listAgentVersions } from '../store/agents.ts'
import { recentRuns } from '../store/runs.ts'
import { missingSecretsOf } from './missing-secrets.ts'

const RECENT_RUNS = 30

type Services = Pick<RouterServices, 'db' | 'refuse' | 'secrets'>

export async function toAgentViews(services: Services, rows: AgentRow[]): Promise<AgentView[]> {
  const [recent, missing] = await Promise.all([
    recentRuns(services.db, rows.map(row => row.id), RECENT_RUNS),
    missingSecretsOf(services, rows),
  ])
  return rows.map((row): AgentView => {
    const { manifest } = row
    const runs = recent.get(row.id) ?? []
    return {
      id: row.id,
      name: row.name,
      description: manifest.description,
      runtime: manifest.runtime,
      version: row.version,
      path: row.path,
      updatedAt: row.updatedAt,
      isolation: manifest.isolation ?? 'default',
      network: manifest.network,
      models: manifest.model,
      schedule: scheduleInWords(manifest),
      recent: runs.map(run => ({ id: run.id, status: run.status, durationMs: durationMs(run) })),
      lastRun: runs.at(-1) ?? null,
      refusal: services.refuse(manifest) ?? missing(row),
    }
  })
}

export async function toAgentDetail(services: Services, row: AgentRow): Promise<AgentDetail> {
  const [[view], versions] = await Promise.all([toAgentViews(services, [row]), listAgentVersions(services.db, row.id)])
  const { manifest } = row
  return {
    ...view!, // one row in, one view out
    source: row.source,
    inputs: Object.entries(manifest.inputs).map(([name, spec]) => ({ name, ...spec })),
    takesWorkspace: manifest.workspace.from !== null,
    workspaceFrom: folderOf(row),
    versions,
    notices: row.notices,
  }
}

/** Where the folder of the manifest lies; a template and an address stay as they are written. */
function folderOf({ path, manifest: { workspace: { from } } }: AgentRow): string | null {
  return from === null || path === null || from.includes('{{') || isGitUrl(from) ? from : resolve(dirname(path), from)
}

function scheduleInWords({ schedule }: Manifest): string | null {
  if (!schedule)
    return null
  if (schedule.cron)
    return `${schedule.cron} (${schedule.timezone})`
  return schedule.everyMs ? `every ${formatDuration(schedule.everyMs)}` : `once, ${new Date(schedule.onceAtMs ?? 0).toISOString()}`
}

function durationMs(run: { startedAt: string | null, endedAt: string | null }): number | null {
  return run.startedAt && run.endedAt ? Date.parse(run.endedAt) - Date.parse(run.startedAt) : null
}
