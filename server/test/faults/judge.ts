import type { Database } from '../../src/store/database.ts'
import type { Testimony } from '../checker.ts'
import type { Ground } from './ground.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../src/store/database.ts'
import { checkDatabase } from '../checker.ts'
import { inWords } from '../checker/rules.ts'
import { AGENTS } from './agents.ts'
import { leftOf, signal } from './processes.ts'

/** When nothing of it runs any more: the stored log against the rules, the clients' logs and what was acknowledged, and the machine against the marks. */
export async function judge(ground: Ground, load?: Pick<Testimony, 'acknowledged' | 'seen'>): Promise<void> {
  const left = await leftOf(ground.mark)
  ground.must(left.length === 0, `processes of runs are left: ${left.join('; ')}`)
  left.forEach(line => signal(Number.parseInt(line), 'SIGKILL'))

  const db = await openDatabase({ databaseUrl: ground.databaseUrl, dataDir: ground.folder })
  try {
    const path = ground.databaseUrl.replace(/^file:/, '')
    const files = ground.database === 'sqlite' ? ['', '-wal'].map(suffix => path + suffix).filter(existsSync) : []
    const testimony: Testimony = { ...load, isSettled: true, canary: { value: ground.canary, files } }
    if (load)
      ground.violations.push(...await checkOutcomes(db))
    ground.violations.push(...(await checkDatabase(db, testimony)).map(inWords))
    if (ground.database === 'sqlite') {
      const answers = await db.read({ sql: 'PRAGMA integrity_check', params: [] })
      ground.must(answers.length === 1 && answers[0]!.integrity_check === 'ok', `SQLite finds its file broken: ${JSON.stringify(answers)}`)
    }
  }
  finally {
    await db.close()
  }
}

/**
 * Runs of the suite's agents go on whatever is killed below them. One that was lost so often in a row that it counts as poison is given
 * up; that is in the dead letter, and no violation.
 */
async function checkOutcomes(db: Database): Promise<string[]> {
  const rows = await db.read({ sql: `SELECT "id", "agentName", "reason", "detail" FROM runs WHERE "status" = 'failed' AND "deadLetteredAt" IS NULL`, params: [] })
  return rows.flatMap(({ id, agentName, reason, detail }) => {
    const isMeant = reason === (agentName === 'stumbling' ? 'error' : null) || !(String(agentName) in AGENTS)
    return isMeant ? [] : [`run ${String(id)} of ${String(agentName)} failed by ${String(reason)}: ${String(detail)}`]
  })
}

/** Where a server of this ground keeps its SQLite file. */
export function databasePath(ground: Ground): string {
  return join(ground.folder, 'agentos.db')
}
