import type { Check } from '../../checks/check.ts'
import type { Config } from '../../config/config.ts'
import { checkIsolation, checkModels } from '../../checks/isolation.ts'

/** What a server would find that was started here now. An executor is started for it, and ended again; no database is opened. */
export async function checkOwnMachine(config: Config): Promise<Check[]> {
  const [{ delegateCgroup }, { createExecutorHost }, { createGateway }, { runUser }] = await Promise.all([
    import('../../executor/delegate-cgroup.ts'),
    import('../../executor/host.ts'),
    import('../../models/gateway.ts'),
    import('../../worker/workspace/place.ts'),
  ])
  const runAs = runUser()
  const { cgroup } = await delegateCgroup(runAs)
  const host = createExecutorHost({ runAs, cgroup })
  const gateway = createGateway(config.models)
  try {
    const [sandbox] = await Promise.all([host.start().then(() => host.proved()), gateway.start()])
    return [...checkIsolation(sandbox), checkModels(gateway.configured(), gateway.howTo())]
  }
  catch (error) {
    return [{ name: 'isolation', result: 'error', found: (error as Error).message, mend: 'no run can be started until this is mended' }]
  }
  finally {
    await host.stop()
    await cgroup?.release()
  }
}
