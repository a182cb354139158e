import type { Request, RequestHandler, Response } from 'express'
import type { KeptBytes } from './send-kept.ts'
import { Buffer } from 'node:buffer'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { sendError } from './errors.ts'
import { signedInOf } from './guard.ts'
import { asSaved, sendKept, sendStream } from './send-kept.ts'

export interface KeptFile { path: string, kind: 'file' | 'link', change: string, mode: number, sha256: string | null, beforeSha256: string | null, target: string | null }

/** Where the files of workspaces are read from. */
export interface WorkspaceSource {
  find: (organisationId: string, runId: string, path: string) => Promise<KeptFile | null>
  /** A page by path. */
  list: (organisationId: string, runId: string, page: { after: string | null, limit: number }) => Promise<KeptFile[]>
  /** Null when they are not here. */
  read: (sha256: string) => Promise<KeptBytes | null>
  /** What its first bytes say that it is, where that is an image which may be drawn. */
  imageType: (head: Uint8Array, sizeBytes: number) => string | null
}

const PAGE = 200
const HEAD_BYTES = 256 * 1024

/** The bytes of one file (`?path=`); of one that is deleted what it was. */
export function fileRoute(files: WorkspaceSource): RequestHandler<{ runId: string }> {
  return async (request, response) => {
    const { runId, path, sha256, kept } = await findAsked(files, request, response)
    if (!sha256 || !kept)
      return sendError(response, 'NOT_FOUND', `nothing is kept of a file ${JSON.stringify(path)} of run ${JSON.stringify(runId)}`)
    await sendKept(request, response, kept, { name: plainName(path), type: 'application/octet-stream', sha256 })
  }
}

/** An image, for the page to draw (`?path=`): of a format that runs nothing, known by its bytes and not by its name. Everything else is to be saved. */
export function imageRoute(files: WorkspaceSource): RequestHandler<{ runId: string }> {
  return async (request, response) => {
    const { runId, path, kept } = await findAsked(files, request, response)
    const type = kept && kept.sizeBytes > 0 ? files.imageType(await headOf(kept), kept.sizeBytes) : null
    if (!kept || !type)
      return sendError(response, 'NOT_FOUND', `nothing is kept of an image ${JSON.stringify(path)} of run ${JSON.stringify(runId)} that could be shown`)
    response.set({
      'content-type': type,
      'content-disposition': 'inline',
      'content-length': String(kept.sizeBytes),
      'content-security-policy': 'default-src \'none\'; sandbox',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-cache',
    })
    await sendStream(kept.stream(), response)
  }
}

interface AskedFile { runId: string, path: string, sha256: string | null, kept: KeptBytes | null }

async function findAsked(files: WorkspaceSource, request: Request<{ runId: string }>, response: Response): Promise<AskedFile> {
  const { runId } = request.params
  const path = typeof request.query.path === 'string' ? request.query.path : ''
  const file = await files.find(signedInOf(response).actor.organisationId, runId, path)
  const sha256 = file && (file.change === 'deleted' ? file.beforeSha256 : file.sha256)
  return { runId, path, sha256, kept: sha256 ? await files.read(sha256) : null }
}

async function headOf(kept: KeptBytes): Promise<Buffer> {
  return Buffer.concat(await kept.stream({ start: 0, end: Math.min(kept.sizeBytes, HEAD_BYTES) - 1 }).toArray() as Buffer[]) // bytes, with no encoding
}

/** All that is kept of a run's workspace as it is now, streamed; a link that leads out of it is left out. */
export function workspaceRoute(files: WorkspaceSource): RequestHandler<{ runId: string }> {
  return async (request, response) => {
    const { runId } = request.params
    const { organisationId } = signedInOf(response).actor
    const [first] = await files.list(organisationId, runId, { after: null, limit: 1 })
    if (!first)
      return sendError(response, 'NOT_FOUND', `nothing is kept of the workspace of run ${JSON.stringify(runId)}`)
    const name = `workspace-${runId.replace(/\W/g, '')}`
    asSaved(response, `${name}.tar.gz`, 'application/gzip')
    if (request.method === 'HEAD')
      return void response.end()
    await sendArchive(files, { organisationId, runId, name }, response)
  }
}

interface Archived { organisationId: string, runId: string, name: string }

async function sendArchive(files: WorkspaceSource, { organisationId, runId, name }: Archived, response: Response): Promise<void> {
  const archive = pack()
  const gzip = createGzip({ level: 3 })
  archive.on('error', error => gzip.destroy(error))
  response.on('close', () => archive.destroy()) // who has gone needs no more
  void write().catch((error: unknown) => archive.destroy(error as Error))
  await sendStream(archive.pipe(gzip), response)

  async function write(): Promise<void> {
    let after: string | null = null
    const next = () => files.list(organisationId, runId, { after, limit: PAGE })
    for (let page = await next(); page.length > 0; page = await next()) {
      for (const file of page)
        await add(file)
      after = page.at(-1)!.path
    }
    archive.finalize()
  }

  async function add({ path, kind, change, mode, sha256, target }: KeptFile): Promise<void> {
    if (change === 'deleted' || response.destroyed)
      return
    if (kind === 'link' && target !== null && staysInside(path, target))
      return void archive.entry({ name: `${name}/${path}`, type: 'symlink', linkname: target })
    const kept = kind === 'file' && sha256 !== null ? await files.read(sha256) : null
    if (!kept)
      return
    const entry = archive.entry({ name: `${name}/${path}`, mode, size: kept.sizeBytes })
    if (kept.sizeBytes === 0)
      entry.end(undefined)
    else
      await pipeline(kept.stream(), entry)
  }
}

/** Whoever unpacks it must not be led to files of their own. */
function staysInside(path: string, target: string): boolean {
  if (target.startsWith('/') || target === '')
    return false
  let depth = path.split('/').length - 1
  return target.split('/').every(step => (depth += step === '..' ? -1 : step === '.' || step === '' ? 0 : 1) >= 0)
}

function plainName(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/[^\w.-]/g, '_').slice(0, 100) || 'file'
}
