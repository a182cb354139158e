import { prepare } from '../prepare.mjs'
import { progress } from '../report.mjs'
import { bundleServer, EXTERNAL } from './bundle.mjs'
import { layManifest, putManifestBack } from './kept-manifest.mjs'
import { manifestOfPackage } from './manifest.mjs'

/** Around `npm pack`: `pack` makes what goes into the package, `packed` puts the checkout's own package.json back. */
export async function main({ command }) {
  putManifestBack()
  if (command === 'packed')
    return
  await prepare(['packages', 'database', 'web'])
  await progress('Bundling the program', bundleServer)
  layManifest(own => manifestOfPackage(own, EXTERNAL))
}
