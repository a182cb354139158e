import type { Manifest } from '../domain/manifest/manifest.ts'
import type { Actor } from './actor.ts'
import type { AgentRow } from './agent-row.ts'
import type { Database } from './database.ts'
import type { Prisma } from './driver.ts'
import { newId } from './id.ts'
import { knownVersions } from './known-versions.ts'
import { syncManifestSchedule } from './manifest-schedule.ts'

export type { AgentRow } from './agent-row.ts'

export interface AgentToSave { actor: Actor, name: string, source: string, manifest: Manifest, notices: string[], path: string | null }

export interface SavedAgent {
  agentId: string
  version: number
  /** There is a new version. */
  changed: boolean
  /** The schedule of its manifest was made, said anew or taken away. */
  isRescheduled: boolean
}

/**
 * A new version when anything of it has changed, else nothing. Two that save at once get two versions. The manifest's schedule comes
 * and goes with it, and is looked after each time, so that one that a crash has left out is made up for.
 */
export async function saveAgent(db: Database, agent: AgentToSave): Promise<SavedAgent> {
  const saved = await saveVersion(db, agent)
  const isRescheduled = await syncManifestSchedule(db, { actor: agent.actor, agentId: saved.agentId, spec: agent.manifest.schedule })
  return { ...saved, isRescheduled }
}

async function saveVersion(db: Database, agent: AgentToSave): Promise<Omit<SavedAgent, 'isRescheduled'>> {
  const { organisationId } = agent.actor
  for (let triesLeft = 5; ; triesLeft--) {
    const known = await findNewest(db, organisationId, agent.name)
    if (known && known.source === agent.source && known.manifest === JSON.stringify(agent.manifest) && known.path === agent.path)
      return { agentId: known.id, version: known.version, changed: false }
    const agentId = known?.id ?? newId()
    const version = (known?.version ?? 0) + 1
    try {
      await writeVersion(db, agent, agentId, version)
      return { agentId, version, changed: true }
    }
    catch (error) {
      if (triesLeft === 0 || !isUniqueConflict(error))
        throw error
    }
  }
}

interface Newest { id: string, version: number, source: string, manifest: string, path: string | null }

/** Not by Prisma, whose first question costs a start more than all the others: nearly always nothing has changed. */
async function findNewest(db: Database, organisationId: string, name: string): Promise<Newest | null> {
  const [row] = await db.read({
    sql: `SELECT a."id", a."version", v."source", v."manifest", v."path" FROM agents AS a
      JOIN agent_versions AS v ON v."agentId" = a."id" AND v."version" = a."version" WHERE a."organisationId" = $1 AND a."name" = $2`,
    params: [organisationId, name],
  })
  return row ? row as unknown as Newest : null // the columns named above
}

async function writeVersion(db: Database, agent: AgentToSave, agentId: string, version: number): Promise<void> {
  const { name, source, path } = agent
  const { organisationId, userId } = agent.actor
  const createdAt = new Date()
  const manifest = JSON.stringify(agent.manifest)
  const notices = JSON.stringify(agent.notices)
  const latest = { version, ...limitsOf(agent.manifest), updatedById: userId, updatedAt: createdAt }
  await db.ask(prisma => prisma.$transaction([
    version === 1
      ? prisma.agent.create({ data: { id: agentId, organisationId, name, createdById: userId, createdAt, ...latest } })
      : prisma.agent.update({ where: { id: agentId }, data: latest }),
    prisma.agentVersion.create({ data: { agentId, version, organisationId, source, manifest, notices, path, createdById: userId, createdAt } }),
  ]))
}

/** What the queue holds against each other's runs: columns, for the claim. */
function limitsOf({ concurrency, concurrencyPer, rate }: Manifest) {
  return { concurrency, userConcurrency: concurrencyPer.user, keyConcurrency: concurrencyPer.key, rateRuns: rate?.runs ?? null, rateMs: rate?.perMs ?? null }
}

function isUniqueConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'P2002'
}

/** By name. */
export async function listAgents(db: Database, organisationId: string): Promise<AgentRow[]> {
  const agents = await db.ask(prisma => prisma.agent.findMany({ where: { organisationId }, orderBy: { name: 'asc' }, select: { id: true, version: true } }))
  return readVersions(db, agents)
}

export async function countAgents(db: Database, organisationId: string): Promise<number> {
  const [row] = await db.read({ sql: 'SELECT count(*) AS "agents" FROM agents WHERE "organisationId" = $1', params: [organisationId] })
  return Number(row!.agents)
}

export type AgentMatch = { found: AgentRow } | { found: null, candidates: string[] }

/** By its name, its id, or the beginning of either when one agent alone has it. `candidates` are the names that it may have meant. */
export async function findAgent(db: Database, organisationId: string, nameOrIdPrefix: string): Promise<AgentMatch> {
  const exact = await db.read({ sql: `${HEADS} AND "name" = $2`, params: [organisationId, nameOrIdPrefix] }) as unknown as Head[] // the columns of HEADS
  const matches = exact.length > 0 ? exact : await findByPrefix(db, organisationId, nameOrIdPrefix)
  const one = matches.find(agent => agent.id === nameOrIdPrefix) ?? (matches.length === 1 ? matches[0] : undefined)
  const [found] = one ? await readVersions(db, [one]) : []
  return found ? { found } : { found: null, candidates: matches.slice(0, 20).map(agent => agent.name) }
}

interface Head { id: string, name: string, version: number }
const HEADS = 'SELECT "id", "name", "version" FROM agents WHERE "organisationId" = $1'

/** Compared here: to LIKE an underscore is any character, and an organisation has no more agents than fit on a few pages. */
async function findByPrefix(db: Database, organisationId: string, prefix: string): Promise<Head[]> {
  if (prefix === '')
    return []
  const agents = await db.read({ sql: `${HEADS} ORDER BY "name"`, params: [organisationId] }) as unknown as Head[] // the columns of HEADS
  return agents.filter(({ id, name }) => name.startsWith(prefix) || id.startsWith(prefix))
}

/** Newest first. */
export async function listAgentVersions(db: Database, agentId: string): Promise<{ version: number, createdAt: string, createdBy: string }[]> {
  const versions = await db.ask(prisma => prisma.agentVersion.findMany({
    where: { agentId },
    orderBy: { version: 'desc' },
    select: { version: true, createdAt: true, createdBy: { select: { name: true } } },
  }))
  return versions.map(({ version, createdAt, createdBy }) => ({ version, createdAt: createdAt.toISOString(), createdBy: createdBy.name }))
}

export async function getAgentVersion(db: Database, agentId: string, version: number): Promise<AgentRow | null> {
  const [row] = await readVersions(db, [{ id: agentId, version }])
  return row ?? null
}

/** In the order asked for; what is not there is left out. A version never changes, so it is read once. */
export async function readVersions(db: Database, agents: { id: string, version: number }[]): Promise<AgentRow[]> {
  const known = knownVersions(db)
  const missing = agents.filter(agent => !known.has(agent))
  const rows = missing.length === 0 ? [] : (await db.ask(prisma => findVersions(prisma, missing))).map(toAgentRow)
  const read = new Map(rows.map(row => [`${row.id} ${row.version}`, row]))
  rows.forEach(known.keep)
  return agents.flatMap(agent => known.get(agent) ?? read.get(`${agent.id} ${agent.version}`) ?? [])
}

function findVersions(prisma: Prisma, agents: { id: string, version: number }[]) {
  return prisma.agentVersion.findMany({
    where: { OR: agents.map(({ id, version }) => ({ agentId: id, version })) },
    include: { agent: { select: { name: true } }, createdBy: { select: { name: true } } },
  })
}

/** What a version that was saved by an older program has not. */
const SINCE_THEN: Pick<Manifest, 'concurrencyPer' | 'rate'> = { concurrencyPer: { user: null, key: null, keyTemplate: null }, rate: null }

function toAgentRow(row: Awaited<ReturnType<typeof findVersions>>[number]): AgentRow {
  return {
    id: row.agentId,
    organisationId: row.organisationId,
    name: row.agent.name,
    version: row.version,
    source: row.source,
    manifest: { ...SINCE_THEN, ...JSON.parse(row.manifest) as Manifest }, // written by saveAgent
    notices: JSON.parse(row.notices) as string[], // written by saveAgent
    path: row.path,
    updatedAt: row.createdAt.toISOString(),
    createdBy: row.createdBy.name,
  }
}
