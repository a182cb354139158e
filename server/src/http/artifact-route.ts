import type { RequestHandler } from 'express'
import type { KeptBytes } from './send-kept.ts'
import { sendError } from './errors.ts'
import { signedInOf } from './guard.ts'
import { sendKept } from './send-kept.ts'

interface KeptArtifact { name: string, mediaType: string, sha256: string }

/** Where artifacts are read from. */
export interface ArtifactSource {
  /** Null when the organisation's run has none of that name. */
  find: (organisationId: string, runId: string, name: string) => Promise<{ artifact: KeptArtifact, worker: string } | null>
  /** Null when they are not here. */
  read: (sha256: string) => Promise<KeptBytes | null>
}

/** The bytes of an artifact, by its exact names; whoever asks for another organisation's hears that there is none. */
export function artifactRoute(artifacts: ArtifactSource): RequestHandler<{ runId: string, name: string }> {
  return async (request, response) => {
    const { runId, name } = request.params
    const found = await artifacts.find(signedInOf(response).actor.organisationId, runId, name)
    if (!found)
      return sendError(response, 'NOT_FOUND', `run ${JSON.stringify(runId)} has no artifact ${JSON.stringify(name)}`)
    const { artifact, worker } = found
    const kept = await artifacts.read(artifact.sha256)
    if (!kept)
      return sendError(response, 'NOT_FOUND', `the bytes of artifact ${JSON.stringify(name)}, which worker ${worker} has kept, are gone: somebody has removed them`)
    await sendKept(request, response, kept, { name: artifact.name, sha256: artifact.sha256, type: artifact.mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : 'application/octet-stream' })
  }
}
