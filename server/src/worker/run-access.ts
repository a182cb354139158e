import type { SandboxSpec } from '../executor/protocol/input.ts'
import type { WorkspacePlace } from './workspace/place.ts'
import { Buffer } from 'node:buffer'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderOfRun } from './workspace/prepare-workspace.ts'

/** What a run's own programs reach of the worker, and how they are told where it is. */
export interface RunAccess {
  loopback: SandboxSpec['loopback']
  env: Record<string, string>
  /** Resolves when it can be used no more. Idempotent. */
  close: () => Promise<void>
}

export const NO_ACCESS: RunAccess = { loopback: [], env: {}, close: async () => {} }

/** The kernel takes 107. */
const MAX_SOCKET_PATH_BYTES = 103

/** Beside the run's own folders, where it can go but not write; among the temporary ones when that name is too long for a socket. */
export async function placeSocket(place: WorkspacePlace, runId: string, name: string): Promise<{ path: string, remove?: () => Promise<void> }> {
  const path = join(folderOfRun(place, runId), name)
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES)
    return { path }
  const short = await mkdtemp(join(Buffer.byteLength(tmpdir()) < 60 ? tmpdir() : '/tmp', 'agentos-'))
  await chmod(short, 0o711)
  return { path: join(short, name), remove: () => rm(short, { recursive: true, force: true }) }
}
