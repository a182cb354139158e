import type { Manifest } from '../domain/manifest/manifest.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { SandboxStatus } from '../domain/views/system.ts'
import type { Gateway } from '../models/gateway.ts'
import { notYet } from '../domain/manifest/not-yet.ts'
import { whyNoPrice } from '../domain/price.ts'
import { whyNoPrograms } from './programs.ts'
import { whyNoNetwork } from './run-network.ts'

export interface RefusalOptions {
  gateway: Pick<Gateway, 'canServe' | 'howTo' | 'whyNoWire' | 'prices'>
  /** What the start-up probe has proved. */
  sandbox: () => SandboxStatus
  /** What is installed for agents. */
  programsDir: string
}

/** Why a run of this manifest would be refused now, in a sentence for a person; null when it may run. */
export type Refuse = (manifest: Manifest, asked?: { isolation?: IsolationLevel | null }) => string | null

/** Everything that is known to end badly is said before a run is written down. Its workspace has its own check. */
export function createRefusals({ gateway, sandbox, programsDir }: RefusalOptions): Refuse {
  return (manifest, asked) => {
    const isolation = asked?.isolation ?? manifest.isolation
    return notYet({ ...manifest, isolation })
      ?? whyNoImage(manifest, isolation)
      ?? whyNoLevel(isolation, sandbox())
      ?? whyNoModel(manifest, gateway)
      ?? whyUnpriced(manifest, gateway)
      ?? whyNoNetwork(manifest.network, isolation ?? sandbox().default)
      ?? whyNoPrograms(manifest.programs, programsDir)
  }
}

/** What is known with no look at a machine: for a server that has its workers elsewhere, which refuse the rest when the run begins. */
export const refuseByManifest: Refuse = (manifest, asked) => {
  const isolation = asked?.isolation ?? manifest.isolation
  return notYet({ ...manifest, isolation }) ?? whyNoImage(manifest, isolation)
}

function whyNoLevel(isolation: IsolationLevel | null, { levels }: SandboxStatus): string | null {
  if (isolation === null)
    return null
  const found = levels.find(({ level }) => level === isolation)
  // What is still being looked for is known when the run begins.
  if (found?.missing === null)
    return null
  return `Isolation ${isolation} cannot be had on this machine: ${found?.missing ?? 'nothing here provides it'}. A run is never given less than was asked for.`
}

/** The manifest's own level has been held against its image already; a run may be given another level. */
function whyNoImage({ image }: Manifest, isolation: IsolationLevel | null): string | null {
  return isolation === 'container' && image === null ? 'Isolation container needs an image: name it in the manifest (image:).' : null
}

/** One model that can be called is enough: the others are passed over. */
function whyNoModel({ runtime, model }: Manifest, gateway: RefusalOptions['gateway']): string | null {
  if (runtime !== 'llm')
    return model.length === 0 || gateway.whyNoWire(model) === null ? null : gateway.howTo() ?? gateway.whyNoWire(model)
  const whyNot = model.map(name => gateway.canServe(name))
  if (whyNot.includes(null))
    return null
  return gateway.howTo() ?? whyNot.join(' ')
}

/** What nobody can count is not spent, unless the manifest says so. */
export function whyUnpriced({ model, cost }: Pick<Manifest, 'model' | 'cost'>, { prices }: Pick<Gateway, 'prices'>): string | null {
  return cost === 'unmetered' ? null : whyNoPrice(model, prices.priceOf)
}
