import type { Manifest } from '../domain/manifest/manifest.ts'
import type { IsolationLevel } from '../domain/run.ts'
import type { Actor } from '../store/actor.ts'
import type { RouterServices } from './context.ts'
import { resolveInputs } from '../domain/manifest/inputs.ts'
import { uploadNamed } from '../domain/upload.ts'
import { findUpload } from '../store/uploads.ts'
import { missingSecrets } from './missing-secrets.ts'

export interface RunToCheck {
  actor: Actor
  manifest: Manifest
  manifestPath: string | null
  task: string
  inputs: Record<string, string | number | boolean>
  isolation: IsolationLevel | null
  /** A folder that overrides the manifest's. */
  workspace: string | null
}

export type CheckedRun
  = | { ok: true, inputs: RunToCheck['inputs'], workspaceFrom: string | null }
    /** asked: what was asked for is wrong. refused: the server cannot run it now. */
    | { ok: false, fault: 'asked' | 'refused', problem: string }

/** Everything that can refuse a run, before anything is written: the manifest's keys and limits of today, its secrets, its inputs, its folder. */
export async function checkRun(services: Pick<RouterServices, 'db' | 'refuse' | 'secrets' | 'resolveWorkspace'>, run: RunToCheck): Promise<CheckedRun> {
  const { manifest, manifestPath, task } = run
  const refusal = services.refuse(manifest, { isolation: run.isolation }) ?? await missingSecrets({ ...services, actor: run.actor }, manifest)
  if (refusal)
    return { ok: false, fault: 'refused', problem: refusal }
  const resolved = resolveInputs(manifest, run.inputs)
  if (!resolved.ok)
    return { ok: false, fault: 'asked', problem: resolved.problems.join('; ') }
  const { inputs } = resolved
  const workspace = await services.resolveWorkspace({ manifest, manifestPath, task, inputs, given: run.workspace })
  const upload = run.workspace === null ? null : uploadNamed(run.workspace.trim())
  if (upload !== null && await findUpload(services.db, run.actor.organisationId, upload) === null)
    return { ok: false, fault: 'asked', problem: `nothing is kept as ${run.workspace}: upload the folder again` }
  return workspace.ok ? { ok: true, inputs, workspaceFrom: workspace.from } : { ok: false, fault: 'refused', problem: workspace.problem }
}
