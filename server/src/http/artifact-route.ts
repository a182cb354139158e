import type { RequestHandler } from 'express'
import { sendError } from './errors.ts'
import { signedInOf } from './guard.ts'

interface KeptArtifact { name: string, mediaType: string, sha256: string }

/** Where artifacts are read from. */
export interface ArtifactSource {
  path: string
  /** `file` is below `path`; null when the organisation's run has none of that name. */
  find: (organisationId: string, runId: string, name: string) => Promise<{ artifact: KeptArtifact, worker: string, file: string } | null>
}

/**
 * The bytes of an artifact, to be saved and never to be shown by a browser: an agent wrote them. By its exact names; whoever asks
 * for another organisation's hears that there is none.
 */
export function artifactRoute(artifacts: ArtifactSource): RequestHandler<{ runId: string, name: string }> {
  return async (request, response, next) => {
    const { runId, name } = request.params
    const nothing = () => sendError(response, 'NOT_FOUND', `run ${JSON.stringify(runId)} has no artifact ${JSON.stringify(name)}`)
    const found = await artifacts.find(signedInOf(response).actor.organisationId, runId, name)
    if (!found)
      return nothing()
    const { artifact, worker, file } = found
    response.attachment(artifact.name) // sets a type by the name, which the next lines replace
    response.set({
      'content-type': artifact.mediaType === 'text/plain' ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      'content-security-policy': 'default-src \'none\'; sandbox',
      'cache-control': 'private, no-cache',
      'etag': `"${artifact.sha256}"`,
    })
    response.sendFile(file, { root: artifacts.path, dotfiles: 'allow', lastModified: false, cacheControl: false }, (error?: NodeJS.ErrnoException) => {
      if (!error || response.headersSent)
        return
      for (const header of ['content-disposition', 'content-type', 'etag'])
        response.removeHeader(header)
      if (error.code === 'ENOENT')
        sendError(response, 'NOT_FOUND', `the bytes of artifact ${JSON.stringify(name)} are not on this machine: worker ${worker} has kept them in its data folder, unless somebody has removed them`)
      else
        next(error)
    })
  }
}
