import { expect, it } from 'vitest'
import { ensureOwner } from '../src/store/actor.ts'
import { findAgent, getAgentVersion, listAgents, listAgentVersions, saveAgent } from '../src/store/agents.ts'
import { onBothDatabases } from './conformance-harness.ts'
import { MANIFEST } from './conformance-manifest.ts'

onBothDatabases('agents', (given) => {
  const save = (name: string, changes: { source?: string, path?: string | null, concurrency?: number } = {}) => saveAgent(given.db, {
    actor: given.actor,
    name,
    source: changes.source ?? 'source',
    manifest: { ...MANIFEST, name, concurrency: changes.concurrency ?? null },
    notices: ['schedule is not active yet'],
    path: changes.path ?? null,
  })

  it('has one owner, however often and by how many it is asked for', async () => {
    expect(await Promise.all(Array.from({ length: 5 }, () => ensureOwner(given.db)))).toEqual(Array.from({ length: 5 }).fill(given.actor))
  })

  it('makes a version when something of it has changed, and none when nothing has', async () => {
    expect(await save('one')).toMatchObject({ version: 1, changed: true })
    expect(await save('one')).toMatchObject({ version: 1, changed: false })
    expect(await save('one', { source: 'other' })).toMatchObject({ version: 2, changed: true })
    expect(await save('one', { source: 'other', path: '/a.yaml' })).toMatchObject({ version: 3, changed: true })
    const { agentId } = await save('one', { source: 'other', path: '/a.yaml', concurrency: 2 })
    expect((await listAgentVersions(given.db, agentId)).map(({ version, createdBy }) => ({ version, createdBy })))
      .toEqual([4, 3, 2, 1].map(version => ({ version, createdBy: given.actor.userName })))
    expect(await getAgentVersion(given.db, agentId, 2)).toMatchObject({ name: 'one', version: 2, source: 'other', path: null, manifest: { concurrency: null } })
    expect(await getAgentVersion(given.db, agentId, 5)).toBeNull()
  })

  it('gives each of two that save at once a version of its own', async () => {
    const saved = await Promise.all(['a', 'b', 'c', 'd'].map(source => save('race', { source })))
    expect(saved.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4])
    expect(new Set(saved.map(({ agentId }) => agentId)).size).toBe(1)
  })

  it('finds one by name or id, by the beginning that it alone has, and names those that share one', async () => {
    const { agentId } = await save('repo-report')
    await save('repo-report-long')
    await save('zebra')
    const find = (word: string) => findAgent(given.db, given.actor.organisationId, word)
    expect(await find('repo-report')).toMatchObject({ found: { id: agentId, notices: ['schedule is not active yet'], createdBy: given.actor.userName } })
    expect(await find(agentId)).toMatchObject({ found: { name: 'repo-report' } })
    expect(await find(agentId.slice(0, 12))).toMatchObject({ found: { name: 'repo-report' } })
    expect(await find('zeb')).toMatchObject({ found: { name: 'zebra' } })
    expect(await find('repo')).toEqual({ found: null, candidates: ['repo-report', 'repo-report-long'] })
    expect(await find('%')).toEqual({ found: null, candidates: [] })
    expect(await findAgent(given.db, 'another organisation', 'zebra')).toEqual({ found: null, candidates: [] })
  })

  it('lists the newest version of each by name', async () => {
    const names = (await listAgents(given.db, given.actor.organisationId)).map(({ name }) => name)
    expect(names).toEqual([...names].sort())
    expect(names).toContain('race')
  })
})
