import type { SandboxWay } from '../../server/src/executor/sandbox/layout.ts'
import type { Session } from '../../server/src/executor/sandbox/session.ts'
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_LIMITS } from '../../server/src/domain/manifest/defaults.ts'
import { SANDBOX_WAYS } from '../../server/src/executor/sandbox/layout.ts'
import { openSession } from '../../server/src/executor/sandbox/open.ts'
import { probeGround } from '../../server/src/executor/sandbox/probe.ts'

export interface BareSandbox {
  by: string
  open: () => Promise<Session>
}

/** The same sandbox that a run gets, with no server, no log and no other process around it: the limit of the design. */
export async function bareSandbox(folder: string, ways: SandboxWay[] = [...SANDBOX_WAYS]): Promise<BareSandbox> {
  const { levels } = await probeGround({ canary: randomUUID(), ways, cgroups: null })
  const level = levels.some(each => each.level === 'sandbox' && each.proven) ? 'sandbox' : 'process'
  let count = 0
  return {
    by: levels.find(each => each.level === level)?.by ?? level,
    open: async () => {
      const runId = `bare_${ways.join('_')}_${count++}`
      const [workspacePath, homePath] = [join(folder, runId, 'workspace'), join(folder, runId, 'home')]
      await mkdir(workspacePath, { recursive: true })
      await mkdir(homePath, { recursive: true })
      const opened = await openSession({
        runId,
        spec: { level, workspacePath, homePath, workspaceMode: 'read-write', hidden: [], network: 'none', ownFolders: [workspacePath, homePath], loopback: [], programs: [], path: [], image: null, env: {} },
        limits: DEFAULT_LIMITS,
        cgroup: null,
        groupKeeps: { memory: false, processes: false },
        graceMs: 1000,
      }, levels)
      if ('error' in opened)
        throw new Error(opened.error)
      return opened.session
    },
  }
}
