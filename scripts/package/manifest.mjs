import { installedVersion } from './installed.mjs'

/** The launcher, which an old Node can read, and what it loads. */
const LAUNCHER = ['bootstrap', 'agentos', 'run-here', 'node-runtime', 'lock', 'npm', 'parent', 'project', 'report', 'run', 'single-signals']
const FILES = ['bin', ...LAUNCHER.map(name => `scripts/${name}.mjs`), 'server/dist', 'web/dist', 'prisma', 'agents', 'docs/*.md', 'docs/run-page.png', '.env.example', 'CHANGELOG.md']

/**
 * The package.json of the package. It cannot be the checkout's: with a `bin` each `npx agentos` in a checkout would take seconds
 * (own-command.mjs), and a workspace's dependencies are of no use to somebody who installs. `external`: what is not bundled.
 */
export function manifestOfPackage({ name, version, description, license, type, engines, scripts }, external) {
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: { agentos: 'bin/agentos.mjs' },
    files: FILES,
    // npm reads the second one after it has packed.
    scripts: { start: 'node bin/agentos.mjs serve', postpack: scripts.postpack },
    dependencies: Object.fromEntries(external.map(each => [each, installedVersion(each)])),
  }
}
