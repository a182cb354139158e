import { execFile } from 'node:child_process'
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Folder {
  path: string
  remove: () => Promise<void>
}

/** A folder that runs may start from: whoever the executor runs as may read it. */
export async function temporaryFolder(): Promise<Folder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'agentos-e2e-')))
  await chmod(path, 0o755)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** A small git repository with two commits, `name` below `folder`. */
export async function makeRepository(folder: string, name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  const git = (...words: string[]) => run('git', ['-C', path, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...words])
  await git('init', '-q', '-b', 'main')
  await writeFile(join(path, 'README.md'), '# Harbour\n')
  await writeFile(join(path, 'crane.py'), 'def lift():\n    pass  # TODO: mind the wind\n')
  await git('add', '.')
  await git('commit', '-qm', 'Build the harbour')
  await writeFile(join(path, 'crane.py'), 'def lift(load):\n    return load\n')
  await git('commit', '-qam', 'Lift what is given')
  return path
}
